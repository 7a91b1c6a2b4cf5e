import { ActionIcon, Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys, useMay, useSession } from '../../api/queries.ts';
import type { Role, User } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip } from '../../components/bits.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { IconMore, IconPlus } from '../../components/icons.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { PersonDialog } from './person-dialog.tsx';
import { RoleSelect } from './roles.tsx';
import styles from './settings.module.css';

export function PeopleTab() {
  const users = useQuery({ queryKey: keys.users, queryFn: ({ signal }) => hub.listUsers({ limit: 1000 }, { signal }) });
  const may = useMay();
  const session = useSession();
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<User>();
  const [resetting, setResetting] = useState<User>();
  const refresh = () => client.invalidateQueries({ queryKey: keys.users });
  const update = useMutation({
    mutationFn: ({ user, body }: { user: User; body: { role?: Role; disabled?: boolean } }) =>
      hub.updateUser(user.id, body, { ifMatch: user.version }),
    onSettled: refresh,
    onError: (error) => notifications.show({ color: 'red', message: problemOf(error).detail }),
  });
  const remove = useMutation({
    mutationFn: (user: User) => hub.deleteUser(user.id, { ifMatch: user.version }),
    onSuccess: () => setRemoving(undefined),
    onSettled: refresh,
  });
  return (
    <>
      <div className={styles.head}>
        <p>Everybody who may sign in. A role holds everywhere; a project can give more on its own registries.</p>
        {may('user:write') && (
          <Button leftSection={<IconPlus />} onClick={() => setAdding(true)}>
            Add a person
          </Button>
        )}
      </div>
      {users.isPending && <LoadingRows rows={4} height={48} label="Loading people" />}
      {users.error !== null && <ProblemView error={users.error} onRetry={() => void users.refetch()} />}
      {users.data && (
        <table className={styles.list} aria-label="People">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Last seen</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {users.data.items.map((user) => {
              const self = user.id === session.data?.user.id;
              return (
                <tr key={user.id}>
                  <td>
                    <strong style={{ fontWeight: 550 }}>{user.displayName ?? user.name}</strong>{' '}
                    {user.displayName !== undefined && <span className="dim">{user.name}</span>} {self && <Chip>you</Chip>}{' '}
                    {user.disabled && <Chip kind="warn">disabled</Chip>}
                  </td>
                  <td>
                    <RoleSelect
                      ariaLabel={`Role of ${user.name}`}
                      value={user.role}
                      disabled={self || !may('user:write') || update.isPending}
                      w={150}
                      onChange={(role) => update.mutate({ user, body: { role } })}
                    />
                  </td>
                  <td>
                    <Ago time={user.lastSeenAt} fallback="never" />
                  </td>
                  <td className={styles.right}>
                    {may('user:write') && !self && (
                      <Menu position="bottom-end" width={190}>
                        <Menu.Target>
                          <ActionIcon aria-label={`More about ${user.name}`}>
                            <IconMore />
                          </ActionIcon>
                        </Menu.Target>
                        <Menu.Dropdown>
                          <Menu.Item onClick={() => setResetting(user)}>Set a new password…</Menu.Item>
                          <Menu.Item onClick={() => update.mutate({ user, body: { disabled: !user.disabled } })}>
                            {user.disabled ? 'Enable' : 'Disable'}
                          </Menu.Item>
                          <Menu.Item c="var(--bad-text)" onClick={() => setRemoving(user)}>
                            Remove…
                          </Menu.Item>
                        </Menu.Dropdown>
                      </Menu>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {(adding || resetting) && (
        <PersonDialog
          {...(resetting ? { user: resetting } : {})}
          onClose={() => {
            setAdding(false);
            setResetting(undefined);
          }}
        />
      )}
      {removing && (
        <ConfirmDialog
          title={`Remove ${removing.name}`}
          action={`Remove ${removing.name}`}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(removing)}
          onClose={() => setRemoving(undefined)}
        >
          <p style={{ margin: 0 }}>
            Their sessions and API tokens end at once. What they did stays in the activity. To keep the account but lock it, disable it
            instead.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
