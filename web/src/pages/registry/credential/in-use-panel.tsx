import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { hub } from '../../../api/client.ts';
import { keys, useMay } from '../../../api/queries.ts';
import type { CredentialDetail, Registry } from '../../../api/types.ts';
import { Ago } from '../../../components/ago.tsx';
import { Panel, row, Sheet } from '../../../components/bits.tsx';
import { BusyButton } from '../../../components/busy-button.tsx';
import { IconRefresh } from '../../../components/icons.tsx';
import { Notice, ProblemView } from '../../../components/states.tsx';
import { credentialKinds } from '../../../lib/credential-words.ts';
import { paths } from '../../../lib/paths.ts';
import { useNow } from '../../../lib/use-now.ts';
import { ExpiryCell } from '../../registries/registry-cells.tsx';
import styles from './credential.module.css';

/** The credential that is presented to the registry now: how long it lasts, and whether it is renewed. */
export function InUsePanel({ registry, detail }: { registry: Registry; detail: CredentialDetail | undefined }) {
  const may = useMay();
  const client = useQueryClient();
  const now = useNow();
  const credential = detail ? detail.credential : registry.credential;
  const failure = detail ? detail.failure : credential?.failure;
  const stillUsed = credential !== undefined && (credential.expiresAt === undefined || Date.parse(credential.expiresAt) > now);
  const refresh = useMutation({
    mutationFn: () => hub.refreshCredential(registry.id),
    onSuccess: (answer) => {
      client.setQueryData(keys.credential(registry.id), answer);
      notifications.show({ message: `${registry.name} has a new credential.` });
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.credential(registry.id) }),
        client.invalidateQueries({ queryKey: keys.registries }),
        client.invalidateQueries({ queryKey: ['registry'] }),
      ]),
  });
  const lastUse = credential?.lastUse;
  return (
    <Panel
      title="Credential in use"
      actions={
        may('registry:test') && (
          <BusyButton
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} />}
            busy={refresh.isPending}
            onClick={() => refresh.mutate()}
          >
            Refresh now
          </BusyButton>
        )
      }
    >
      <div className={styles.stack} style={{ gap: 10 }}>
        {failure && (
          <Notice kind="bad">
            <strong>{failure.message}</strong>
            <div className="dim">
              Failing since <Ago time={failure.since} />, last tried <Ago time={failure.at} /> ·{' '}
              <span className="mono">{failure.code}</span>
            </div>
            <div>
              {stillUsed
                ? 'The credential below is still used, as long as it lasts.'
                : 'Nothing can be read or handed out until this is mended.'}{' '}
              Mend the cause, or prepare another credential below.
            </div>
          </Notice>
        )}
        {!failure && registry.state.state === 'failing' && registry.state.summary !== undefined && (
          <Notice kind="bad">
            <strong>{registry.state.summary}</strong>
            <div>
              So says the last check; <Link href={paths.registry(registry.name)}>look at its steps</Link>, or prepare another credential
              below.
            </div>
          </Notice>
        )}
        {refresh.error !== null && <ProblemView error={refresh.error} />}
        {credential ? (
          <Sheet
            rows={[
              row('Kind', credentialKinds[credential.kind]),
              row('Username', credential.username === undefined ? undefined : <span className="mono">{credential.username}</span>),
              row('Issued', credential.issuedAt === undefined || !credential.renewable ? undefined : <Ago time={credential.issuedAt} />),
              row('Expires', credential.expiresAt === undefined ? 'Not by itself' : <Ago time={credential.expiresAt} />),
              row(
                'Left',
                credential.expiresAt === undefined ? undefined : (
                  <div style={{ maxWidth: 200 }}>
                    <ExpiryCell registry={{ ...registry, credential }} />
                  </div>
                ),
              ),
              row('Renewal', renewal(credential.renewable, credential.expiresAt !== undefined)),
              row('Next renewal', credential.refreshAt === undefined ? undefined : <Ago time={credential.refreshAt} />),
              row(
                'Last renewal',
                credential.refreshedAt === undefined || credential.renewable === false ? undefined : <Ago time={credential.refreshedAt} />,
              ),
              row(
                'Last used',
                lastUse && (
                  <span>
                    <Ago time={lastUse.at} /> by {lastUse.by} · {lastUse.purpose}
                  </span>
                ),
              ),
            ]}
          />
        ) : (
          <p className="dim" style={{ margin: 0 }}>
            None was issued yet. It is, at the first test or read; “Refresh now” does it now.
          </p>
        )}
      </div>
      <p className={styles.note}>
        Secrets are sealed when they are saved, and no page shows them. What clients are handed stands in the activity log.
      </p>
    </Panel>
  );
}

function renewal(renewable: boolean | undefined, ends: boolean): string | undefined {
  if (renewable === true) return 'By itself, ahead of its end';
  if (renewable === false) return ends ? 'Not by itself: somebody has to enter a new one' : 'Nothing to renew';
  return undefined;
}
