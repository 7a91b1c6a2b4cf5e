import type { ReactNode } from 'react';
import type { CredentialDetail, CredentialSlot, Provider, Registry } from '../../../api/types.ts';
import { Ago } from '../../../components/ago.tsx';
import { Chip } from '../../../components/bits.tsx';
import { slotVerdict, type SlotVerdict } from '../../../lib/credential-words.ts';
import { formatDate } from '../../../lib/format.ts';
import styles from './credential.module.css';
import { FieldValueText, hasText } from './field-text.tsx';

interface SlotCardProps {
  title: string;
  slot: CredentialSlot;
  provider: Provider;
  registry: Registry;
  verdict?: SlotVerdict;
  /** What can be done with it. */
  children: ReactNode;
}

/** A credential that is not in use: the next one, or the one before. */
export function SlotCard({ title, slot, provider, verdict = slotVerdict(slot), children }: SlotCardProps) {
  const previous = title === 'Previous';
  return (
    <li className={styles.slot}>
      <div className={styles.slotHead}>
        <h3>{title}</h3>
        {previous ? <Chip>can be gone back to</Chip> : <Chip kind={verdict.kind}>{verdict.text}</Chip>}
      </div>
      <Facts provider={provider} values={slot}>
        <dt>{previous ? 'Replaced' : 'Entered'}</dt>
        <dd>
          <Ago time={slot.createdAt} /> by {slot.createdBy}
        </dd>
        {slot.secretEndsAt !== undefined && (
          <>
            <dt>Ends</dt>
            <dd>{formatDate(slot.secretEndsAt)}</dd>
          </>
        )}
        {slot.test && (
          <>
            <dt>Tested</dt>
            <dd>
              <Ago time={slot.test.testedAt} />: {slot.test.report.summary}
            </dd>
          </>
        )}
      </Facts>
      <div className={styles.slotFoot}>{children}</div>
    </li>
  );
}

/** The credential in use, beside the others. */
export function CurrentCard({ registry, provider, detail }: { registry: Registry; provider: Provider; detail: CredentialDetail }) {
  const { credential } = detail;
  return (
    <li className={`${styles.slot} ${styles.current}`}>
      <div className={styles.slotHead}>
        <h3>In use</h3>
        <CurrentState registry={registry} detail={detail} />
      </div>
      <Facts provider={provider} values={registry}>
        {credential?.username !== undefined && credential.username !== registry.settings['username'] && (
          <>
            <dt>Signed in as</dt>
            <dd className="mono">{credential.username}</dd>
          </>
        )}
        {registry.secretEndsAt !== undefined && (
          <>
            <dt>Ends</dt>
            <dd>{formatDate(registry.secretEndsAt)}</dd>
          </>
        )}
      </Facts>
    </li>
  );
}

/** What is known of the one in use: whether it can be renewed, and whether the registry took it at the last check. */
function CurrentState({ registry, detail: { credential, failure } }: { registry: Registry; detail: CredentialDetail }) {
  if (failure) return <Chip kind="bad">cannot be renewed</Chip>;
  if (registry.state.state === 'failing') return <Chip kind="bad">the last check failed</Chip>;
  if (!credential) return <Chip>not issued yet</Chip>;
  return registry.state.state === 'unknown' ? <Chip>not checked yet</Chip> : <Chip kind="good">works</Chip>;
}

type Values = Pick<CredentialSlot, 'signIn' | 'settings' | 'sources' | 'secretsSet'>;

function Facts({ provider, values, children }: { provider: Provider; values: Values; children: ReactNode }) {
  const method = provider.signIn.find((each) => each.method === values.signIn);
  return (
    <dl className={styles.facts}>
      <dt>Method</dt>
      <dd>{method?.title ?? values.signIn}</dd>
      {(method?.fields ?? []).map((field) => {
        const value = values.settings[field.name];
        const external = values.signIn === 'external' && field.name === 'source' && typeof value === 'string';
        const text = {
          secret: field.secret,
          source: external ? value : values.sources[field.name],
          stored: values.secretsSet.includes(field.name),
          value,
        };
        if (!hasText(text)) return null;
        return (
          <div key={field.name} style={{ display: 'contents' }}>
            <dt>{field.label}</dt>
            <dd>
              <FieldValueText {...text} />
            </dd>
          </div>
        );
      })}
      {children}
    </dl>
  );
}
