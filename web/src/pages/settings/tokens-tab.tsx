import { Button, Checkbox } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { keys, useRegistries, useSession } from '../../api/queries.ts';
import type { ApiToken } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip } from '../../components/bits.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { IconPlus } from '../../components/icons.tsx';
import { EmptyState, LoadingRows, ProblemView } from '../../components/states.tsx';
import { useNow } from '../../lib/use-now.ts';
import styles from './settings.module.css';
import { TokenDialog } from './token-dialog.tsx';

export function TokensTab() {
  const session = useSession();
  const client = useQueryClient();
  const now = useNow();
  const registries = useRegistries();
  const [all, setAll] = useState(false);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken>();
  const tokens = useQuery({
    queryKey: [...keys.tokens, all],
    queryFn: ({ signal }) => hub.listTokens({ limit: 1000, ...(all ? { all } : {}) }, { signal }),
  });
  const revoke = useMutation({
    mutationFn: (token: ApiToken) => hub.deleteToken(token.id),
    onSuccess: () => setRevoking(undefined),
    onSettled: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
  const nameOf = (id: string) => registries.data?.items.find((registry) => registry.id === id)?.name ?? id;
  const administrator = session.data?.user.role === 'administrator';
  const create = (
    <Button leftSection={<IconPlus />} onClick={() => setCreating(true)}>
      Create a token
    </Button>
  );
  return (
    <>
      <div className={styles.head}>
        <p>For programs and the command line. A token is shown once, when it is made; only a fingerprint of it is kept.</p>
        {tokens.data && tokens.data.items.length > 0 && create}
      </div>
      {administrator && (
        <Checkbox mb="md" label="Show everybody’s tokens" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
      )}
      {tokens.isPending && <LoadingRows rows={4} height={48} label="Loading tokens" />}
      {tokens.error !== null && <ProblemView error={tokens.error} onRetry={() => void tokens.refetch()} />}
      {tokens.data?.items.length === 0 && (
        <EmptyState title="No tokens yet" action={create}>
          <p>
            With one, <span className="mono">tagboat login</span> and your pipelines reach this hub. Give each program its own, with the
            least role and registries it needs, so that one can be revoked alone.
          </p>
        </EmptyState>
      )}
      {tokens.data && tokens.data.items.length > 0 && (
        <table className={styles.list} aria-label="Tokens">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">May</th>
              <th scope="col">Expires</th>
              <th scope="col">Last used</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.data.items.map((token) => (
              <tr key={token.id}>
                <td>
                  <strong style={{ fontWeight: 550 }}>{token.name}</strong> <span className="mono dim">{token.hint}…</span>
                  {all && <div className="dim">of {token.userName}</div>}
                </td>
                <td>
                  {token.role}
                  {token.registries && <span className="dim"> on {token.registries.map(nameOf).join(', ')}</span>}
                </td>
                <td>
                  {token.expiresAt === undefined ? (
                    <Chip kind="warn">never</Chip>
                  ) : Date.parse(token.expiresAt) < now ? (
                    <Chip kind="bad">expired</Chip>
                  ) : (
                    <Ago time={token.expiresAt} />
                  )}
                </td>
                <td>
                  <Ago time={token.lastUsedAt} fallback="never" />
                </td>
                <td className={styles.right}>
                  <Button size="compact-sm" variant="default" onClick={() => setRevoking(token)} aria-label={`Revoke ${token.name}`}>
                    Revoke
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {creating && <TokenDialog onClose={() => setCreating(false)} />}
      {revoking && (
        <ConfirmDialog
          title={`Revoke ${revoking.name}`}
          action={`Revoke ${revoking.name}`}
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          <p style={{ margin: 0 }}>
            Whatever uses it is refused from now on.{' '}
            {revoking.lastUsedAt === undefined ? (
              'It was never used.'
            ) : (
              <>
                It was last used <Ago time={revoking.lastUsedAt} />.
              </>
            )}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
