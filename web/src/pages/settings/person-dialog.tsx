import { Button, Group, Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys } from '../../api/queries.ts';
import type { Role, User } from '../../api/types.ts';
import { ProblemView } from '../../components/states.tsx';
import { problemFields } from '../../lib/draft-check.ts';
import { RoleSelect } from './roles.tsx';
import { BusyButton } from '../../components/busy-button.tsx';

/** Adds a person, or sets the password of one. */
export function PersonDialog({ user, onClose }: { user?: User; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const save = useMutation({
    mutationFn: () =>
      user
        ? hub.updateUser(user.id, { password }, { ifMatch: user.version })
        : hub.createUser({ name: name.trim(), role, password, ...(displayName.trim() === '' ? {} : { displayName: displayName.trim() }) }),
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: keys.users });
      notifications.show({
        message: user ? `${saved.name} signs in with the new password from now on.` : `${saved.name} may sign in now.`,
      });
      onClose();
    },
  });
  const fields = problemFields(save.error === null ? undefined : problemOf(save.error));
  return (
    <Modal
      opened
      onClose={onClose}
      title={user ? `New password for ${user.name}` : 'Add a person'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="md">
          {!user && (
            <>
              <TextInput
                label="Name"
                description="What they sign in with."
                required
                withAsterisk={false}
                autoComplete="off"
                spellCheck={false}
                data-autofocus
                value={name}
                error={fields.name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <TextInput
                label="Shown as"
                autoComplete="off"
                value={displayName}
                error={fields.displayName}
                onChange={(event) => setDisplayName(event.currentTarget.value)}
              />
              <RoleSelect label="Role" value={role} onChange={setRole} error={fields.role} />
            </>
          )}
          <PasswordInput
            label={user ? 'New password' : 'First password'}
            description={user ? 'Their sessions end.' : 'At least 10 characters. They can change it under Settings, Account.'}
            required
            withAsterisk={false}
            minLength={10}
            autoComplete="new-password"
            value={password}
            error={fields.password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {save.error !== null && Object.keys(fields).length === 0 && <ProblemView error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <BusyButton type="submit" busy={save.isPending}>
              {user ? 'Set the password' : 'Add'}
            </BusyButton>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
