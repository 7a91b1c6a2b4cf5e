import { Checkbox, PasswordInput, Textarea } from '@mantine/core';
import { Link } from 'wouter';
import { useProviders } from '../../api/queries.ts';
import type { ImportEntry, ImportOutcome } from '../../api/types.ts';
import { Chip } from '../../components/bits.tsx';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { Notice } from '../../components/states.tsx';
import { isTakeable } from '../../lib/import-kinds.ts';
import { paths } from '../../lib/paths.ts';
import connect from '../connect/connect.module.css';
import styles from './import.module.css';
import { Notes } from './notes.tsx';

interface PlanEntryProps {
  entry: ImportEntry;
  outcome: ImportOutcome | undefined;
  chosen: boolean;
  /** Secrets that were typed in for it, by field. */
  entered: Readonly<Record<string, string>>;
  busy: boolean;
  onChoose: (take: boolean) => void;
  onEnter: (field: string, value: string) => void;
}

const actions = {
  create: { kind: 'accent', text: 'connect' },
  update: { kind: 'warn', text: 'change' },
  skip: { kind: 'plain', text: 'leave as it is' },
  invalid: { kind: 'bad', text: 'cannot be taken' },
} as const;

const results = {
  created: { kind: 'good', text: 'connected' },
  updated: { kind: 'good', text: 'changed' },
  skipped: { kind: 'plain', text: 'left as it is' },
  failed: { kind: 'bad', text: 'failed' },
} as const;

const secretWords = { found: 'in the document', source: 'read from elsewhere', stored: 'stored already' } as const;

/** One registry of the plan: what would become of it, what is to be known, what is missing. */
export function PlanEntry({ entry, outcome, chosen, entered, busy, onChoose, onEnter }: PlanEntryProps) {
  const providers = useProviders();
  const settled = outcome !== undefined && outcome.outcome !== 'failed';
  const wanted = entry.action === 'create' || entry.action === 'update';
  const possible = (wanted || isTakeable(entry, entered)) && !settled;
  const state = outcome ? results[outcome.outcome] : actions[entry.action];
  const missing = entry.secrets.filter((secret) => secret.state === 'missing');
  const others = entry.secrets.filter((secret) => secret.state !== 'missing');
  const described = new Set([...missing.map(({ field }) => `fields.${field}`), ...missing.map(({ field }) => field)]);
  const said = new Set([outcome?.reason ?? entry.reason, outcome?.problem?.detail]);
  const faults = [...(outcome ? (outcome.problem?.fields ?? []) : (entry.fields ?? []))].filter(
    (fault) => !described.has(fault.field) && !said.has(fault.message),
  );
  // What is said at each field need not be said above them as well.
  const allInPlace = (outcome?.problem?.fields ?? []).some(({ field }) => described.has(field));
  const multiline = (field: string) =>
    providers.data
      ?.find((each) => each.id === entry.input.provider)
      ?.signIn.some((method) => method.fields.some((each) => each.name === field && each.multiline)) ?? /[kK]ey$/.test(field);
  const common = { autoComplete: 'new-password', spellCheck: false, disabled: busy } as const;
  return (
    <li className={styles.entry}>
      <Checkbox
        aria-label={`Take ${entry.name}`}
        checked={settled || (possible && chosen)}
        disabled={!possible || busy}
        onChange={(event) => onChoose(event.currentTarget.checked)}
        mt={4}
      />
      <div className={styles.head}>
        {entry.input.provider !== undefined && <ProviderMark provider={entry.input.provider} size={20} title="" />}
        <strong>
          {outcome?.registry ? <Link href={paths.registry(outcome.registry.name)}>{outcome.registry.name}</Link> : entry.name}
        </strong>
        <Chip kind={state.kind}>{state.text}</Chip>
        <span className="dim mono" style={{ fontSize: '0.8125rem' }}>
          {entry.input.url}
        </span>
      </div>
      <div className={styles.body}>
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          {entry.from}
          {entry.existing && (
            <>
              {' · '}is <Link href={paths.registry(entry.existing.name)}>{entry.existing.name}</Link>
            </>
          )}
          {entry.changes.length > 0 && ` · changes ${entry.changes.join(', ')}`}
          {others.map((secret) => ` · ${secret.label}: ${secret.state === 'missing' ? '' : secretWords[secret.state]}`).join('')}
        </span>
        {!outcome?.problem && (outcome?.reason ?? entry.reason) !== undefined && <p>{outcome?.reason ?? entry.reason}</p>}
        {outcome?.problem && !allInPlace && (
          <Notice kind="bad" role="alert">
            {outcome.problem.detail} {outcome.problem.help}
          </Notice>
        )}
        {faults.map((fault) => (
          <p key={`${fault.field} ${fault.message}`} style={{ color: 'var(--bad-text)', fontSize: '0.8125rem' }}>
            {fault.message} <span className="dim mono">{fault.field}</span>
          </p>
        ))}
        {!settled && missing.length > 0 && (
          <div className={styles.secrets}>
            {missing.map((secret) => {
              const fault = outcome?.problem?.fields?.find(({ field }) => field === secret.field || field === `fields.${secret.field}`);
              return multiline(secret.field) ? (
                <Textarea
                  key={secret.field}
                  {...common}
                  label={`${secret.label} of ${entry.name}`}
                  className={connect.secretCode}
                  autosize
                  minRows={2}
                  maxRows={6}
                  value={entered[secret.field] ?? ''}
                  error={fault?.message}
                  onChange={(event) => onEnter(secret.field, event.currentTarget.value)}
                />
              ) : (
                <PasswordInput
                  key={secret.field}
                  {...common}
                  label={`${secret.label} of ${entry.name}`}
                  className={connect.code}
                  data-1p-ignore
                  data-lpignore="true"
                  value={entered[secret.field] ?? ''}
                  error={fault?.message}
                  onChange={(event) => onEnter(secret.field, event.currentTarget.value)}
                />
              );
            })}
          </div>
        )}
        <Notes notes={entry.notes} label={`Notes on ${entry.name}`} />
      </div>
    </li>
  );
}
