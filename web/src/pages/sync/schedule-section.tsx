import { Checkbox, Radio, Select, Stack, TextInput } from '@mantine/core';
import type { ScheduleKind } from '../../lib/sync-draft.ts';
import { cronWords, everyWords } from '../../lib/sync-schedule.ts';
import { parseDuration } from '../../lib/duration.ts';
import connect from '../connect/connect.module.css';
import type { SectionProps } from './source-section.tsx';
import styles from './sync.module.css';

const kinds: readonly { value: ScheduleKind; label: string; description?: string }[] = [
  { value: 'every', label: 'Every so often' },
  { value: 'cron', label: 'At fixed times' },
  {
    value: 'change',
    label: 'When the source changes',
    description: 'At once when this Tagboat wrote there; what others push is found by looking.',
  },
  { value: 'hand', label: 'Only when somebody starts it' },
];

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** When the rule runs. */
export function ScheduleSection({ draft, errors, onChange }: SectionProps) {
  return (
    <fieldset className={styles.section}>
      <legend>When</legend>
      <Radio.Group
        aria-label="When it runs"
        value={draft.schedule}
        onChange={(value) => onChange({ schedule: kinds.find((kind) => kind.value === value)?.value ?? draft.schedule })}
      >
        <Stack gap={10}>
          {kinds.map((kind) => (
            <Radio key={kind.value} value={kind.value} label={kind.label} description={kind.description} />
          ))}
        </Stack>
      </Radio.Group>
      {draft.schedule === 'every' && (
        <Every
          label="Every"
          usual="6h"
          value={draft.every}
          error={errors['spec.schedule.every']}
          onChange={(every) => onChange({ every })}
        />
      )}
      {draft.schedule === 'change' && (
        <Every
          label="Look every"
          usual="5m"
          value={draft.look}
          error={errors['spec.schedule.every']}
          onChange={(look) => onChange({ look })}
        />
      )}
      {draft.schedule === 'cron' && (
        <div className={styles.indent}>
          <div className={connect.pair}>
            <TextInput
              label="Cron expression"
              description="Minute, hour, day, month, weekday."
              placeholder="30 2 * * 1-5"
              className={connect.code}
              data-field="spec.schedule.cron"
              spellCheck={false}
              autoComplete="off"
              value={draft.cron}
              error={errors['spec.schedule.cron']}
              onChange={(event) => onChange({ cron: event.currentTarget.value })}
            />
            <Select
              label="Time zone"
              description="Its clock is followed, summer time and all."
              data={zones.includes(draft.timeZone) ? zones : [draft.timeZone, ...zones]}
              data-field="spec.schedule.timeZone"
              value={draft.timeZone}
              error={errors['spec.schedule.timeZone']}
              searchable
              allowDeselect={false}
              maxDropdownHeight={280}
              onChange={(timeZone) => onChange({ timeZone: timeZone ?? 'UTC' })}
            />
          </div>
          <span role="status" className="dim">
            {cronWords(draft.cron) === undefined ? '' : `Runs ${cronWords(draft.cron)}, ${draft.timeZone}.`}
          </span>
          <Checkbox
            label="Only if the source changed since"
            checked={draft.ifChanged}
            onChange={(event) => onChange({ ifChanged: event.currentTarget.checked })}
          />
        </div>
      )}
    </fieldset>
  );
}

interface EveryProps {
  label: string;
  usual: string;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

function Every({ label, usual, value, error, onChange }: EveryProps) {
  return (
    <div className={styles.indent}>
      <TextInput
        label={label}
        description="A minute or more: 15m, 6h, 1d."
        placeholder={usual}
        maw={260}
        data-field="spec.schedule.every"
        autoComplete="off"
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <span role="status" className="dim">
        {(parseDuration(value) ?? 0) >= 60 && error === undefined ? `That is ${everyWords(value)}.` : ''}
      </span>
    </div>
  );
}
