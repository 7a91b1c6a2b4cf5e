import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../../api/client.ts';
import { keys, useMay } from '../../../api/queries.ts';
import type { IssuedCredential, Registry } from '../../../api/types.ts';
import { Ago } from '../../../components/ago.tsx';
import { Panel, row, Sheet } from '../../../components/bits.tsx';
import { BusyButton } from '../../../components/busy-button.tsx';
import { Notice, ProblemView } from '../../../components/states.tsx';
import connect from '../../connect/connect.module.css';
import styles from './clients.module.css';

const origins: Readonly<Record<IssuedCredential['origin'], string>> = {
  narrowed: 'Made by the registry for this, and for nothing else',
  workload: 'Of the service account that asks',
  issued: 'Short-lived, the same that Tagboat uses itself',
  stored: 'The one that was entered here',
  none: 'None is needed',
};

/** What a client that asks for pulling would get: how long it lasts and what it can do. The secret itself is not kept. */
export function HandoutPanel({ registry }: { registry: Registry }) {
  const may = useMay();
  const client = useQueryClient();
  const [repository, setRepository] = useState('');
  const look = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const name = repository.trim();
      const { secret: _secret, ...shown } = await hub.issueCredential({
        registry: registry.id,
        purpose: 'to see what clients get',
        ...(name !== '' && { repositories: [name] }),
      });
      return shown;
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.credential(registry.id) }),
  });
  const got = look.data;
  return (
    <Panel title="What clients are given">
      <div className={styles.stack} style={{ gap: 10 }}>
        <p className={styles.plain}>
          Where the registry can make them, clients are given short-lived credentials that only pull what they ask for; otherwise the one
          that Tagboat has, if they may use that (role operator). Every hand-out is recorded.
        </p>
        {may('credential:pull') && (
          <form
            className={styles.options}
            onSubmit={(event) => {
              event.preventDefault();
              look.mutate();
            }}
          >
            <TextInput
              label={
                <>
                  To pull this repository<span className="dim"> · optional</span>
                </>
              }
              placeholder="shop/api"
              className={connect.code}
              autoComplete="off"
              spellCheck={false}
              style={{ flex: '1 1 180px' }}
              value={repository}
              onChange={(event) => setRepository(event.currentTarget.value)}
            />
            <BusyButton type="submit" variant="default" busy={look.isPending}>
              See what they get
            </BusyButton>
          </form>
        )}
        {look.error !== null && <ProblemView error={look.error} />}
        {got && (
          <>
            <Sheet
              rows={[
                row('Credential', origins[got.origin]),
                row('Username', got.username === undefined ? undefined : <span className="mono">{got.username}</span>),
                row(
                  'Ends',
                  got.expiresAt === undefined ? got.kind === 'anonymous' ? undefined : 'Not by itself' : <Ago time={got.expiresAt} />,
                ),
                row('Can pull', got.scope.repositories.length === 0 ? 'Everything here' : got.scope.repositories.join(', ')),
                row('Can push', got.scope.push ? 'Yes' : got.scope.narrowed ? 'No' : 'Not asked for'),
                row('Server', <span className="mono">{got.server}</span>),
              ]}
            />
            {got.scope.narrowed ? (
              <Notice kind="good">It can do no more than what was asked for.</Notice>
            ) : (
              got.scope.reason !== undefined && <Notice kind="warning">{got.scope.reason}</Notice>
            )}
          </>
        )}
      </div>
    </Panel>
  );
}
