import { Input, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import { useId } from 'react';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { RuleDraft } from '../../lib/sync-draft.ts';
import connect from '../connect/connect.module.css';
import { Matches } from './matches.tsx';
import { RegistrySelect } from './registry-select.tsx';
import styles from './sync.module.css';
import type { Names } from './use-names.ts';

export interface SectionProps {
  draft: RuleDraft;
  errors: FieldErrors;
  onChange: (patch: Partial<RuleDraft>) => void;
}

/** Where images come from: a registry, repositories of it, tags of these. */
export function SourceSection({ draft, errors, onChange, names }: SectionProps & { names: Names }) {
  const newestId = useId();
  const code = { className: connect.code, spellCheck: false, autoComplete: 'off' } as const;
  return (
    <>
      <fieldset className={styles.section}>
        <legend>From</legend>
        <RegistrySelect
          label="Registry"
          path="spec.source.registry"
          value={draft.source}
          error={errors['spec.source.registry']}
          onChange={(source) => onChange({ source })}
        />
        <div className={connect.pair}>
          <Textarea
            {...code}
            label="Repositories"
            description="One a line: a name, or a glob. shop/* stays in one part, ** crosses slashes."
            placeholder={'shop/*\nplatform/**'}
            data-field="spec.source.repositories"
            autosize
            minRows={2}
            maxRows={12}
            value={draft.repositories}
            error={errors['spec.source.repositories']}
            onChange={(event) => onChange({ repositories: event.currentTarget.value })}
          />
          <Textarea
            {...code}
            label={
              <>
                Except<span className="dim"> · optional</span>
              </>
            }
            description="What of these is left out, one a line. The same globs."
            placeholder="shop/dev-*"
            data-field="spec.source.exclude"
            autosize
            minRows={2}
            maxRows={12}
            value={draft.exclude}
            error={errors['spec.source.exclude']}
            onChange={(event) => onChange({ exclude: event.currentTarget.value })}
          />
        </div>
        <Matches draft={draft} names={names} />
      </fieldset>
      <fieldset className={styles.section}>
        <legend>Tags</legend>
        <div className={connect.pair}>
          <Textarea
            {...code}
            label="Take"
            description="Empty for all tags. One a line: a tag or glob 1.4.*, a range of versions >=1.4 <2, or /pattern/."
            placeholder={'>=1.4 <2\nstable'}
            data-field="spec.source.tags.include"
            autosize
            minRows={2}
            maxRows={12}
            value={draft.include}
            error={errors['spec.source.tags.include']}
            onChange={(event) => onChange({ include: event.currentTarget.value })}
          />
          <Textarea
            {...code}
            label={
              <>
                Leave out<span className="dim"> · optional</span>
              </>
            }
            description="What of these is not taken, one a line, written the same way."
            placeholder="*-dev"
            data-field="spec.source.tags.exclude"
            autosize
            minRows={2}
            maxRows={12}
            value={draft.leaveOut}
            error={errors['spec.source.tags.exclude']}
            onChange={(event) => onChange({ leaveOut: event.currentTarget.value })}
          />
        </div>
        <div className={connect.pair}>
          <Input.Wrapper
            label="Only the newest"
            labelProps={{ htmlFor: newestId }}
            description="Of each repository; empty for no bound."
            error={errors['spec.source.tags.newest.count'] ?? errors['spec.source.tags.newest']}
          >
            <div className={styles.joined}>
              <NumberInput
                id={newestId}
                placeholder="All"
                data-field="spec.source.tags.newest.count"
                min={1}
                max={100_000}
                allowDecimal={false}
                value={draft.newest}
                error={(errors['spec.source.tags.newest.count'] ?? errors['spec.source.tags.newest']) !== undefined}
                onChange={(value) => onChange({ newest: String(value) })}
              />
              <NativeSelect
                aria-label="Newest by"
                data={[
                  { value: 'version', label: 'by version' },
                  { value: 'pushed', label: 'by push time' },
                ]}
                value={draft.newestBy}
                onChange={(event) => onChange({ newestBy: event.currentTarget.value === 'pushed' ? 'pushed' : 'version' })}
              />
            </div>
          </Input.Wrapper>
          <TextInput
            label="Pushed in the last"
            description="Where the registry tells push times."
            placeholder="30d"
            data-field="spec.source.tags.pushedWithin"
            autoComplete="off"
            value={draft.pushedWithin}
            error={errors['spec.source.tags.pushedWithin']}
            onChange={(event) => onChange({ pushedWithin: event.currentTarget.value })}
          />
        </div>
      </fieldset>
    </>
  );
}
