import { Button, Group, Modal, MultiSelect, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys, useRegistries, useSession } from '../../api/queries.ts';
import type { Role } from '../../api/types.ts';
import { CodeLine } from '../../components/copy.tsx';
import { Notice, ProblemView } from '../../components/states.tsx';
import { problemFields } from '../../lib/draft-check.ts';
import { RoleSelect } from './roles.tsx';
import { BusyButton } from '../../components/busy-button.tsx';

const lifetimes = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: 'never', label: 'Never' },
];
const dayLength = 86_400_000;

/** Makes a token and shows it once. It lives in this dialog only: closing it is the end of its being shown. */
export function TokenDialog({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const registries = useRegistries();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState('90');
  const [only, setOnly] = useState<string[]>([]);
  const create = useMutation({
    mutationFn: () =>
      hub.createToken({
        name: name.trim(),
        role,
        ...(only.length > 0 ? { registries: only } : {}),
        ...(days === 'never' ? { neverExpires: true } : { expiresAt: new Date(Date.now() + Number(days) * dayLength).toISOString() }),
      }),
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
  const fields = problemFields(create.error === null ? undefined : problemOf(create.error));
  if (create.data) {
    return (
      <Modal
        opened
        onClose={onClose}
        title={`${create.data.token.name} was created`}
        closeOnClickOutside={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stack gap="md">
          <Notice kind="warning">Copy it now. It is not stored and cannot be shown again.</Notice>
          <CodeLine text={create.data.secret} label="the token" />
          <Group justify="flex-end">
            <Button onClick={onClose}>Done</Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  return (
    <Modal opened onClose={onClose} title="Create a token" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            description="What uses it."
            placeholder="ci-shop"
            required
            withAsterisk={false}
            autoComplete="off"
            data-autofocus
            value={name}
            error={fields.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <RoleSelect label="Role" value={role} onChange={setRole} atMost={session.data?.user.role ?? 'viewer'} error={fields.role} />
          <Select
            label="Expires after"
            data={lifetimes}
            value={days}
            allowDeselect={false}
            onChange={(value) => setDays(value ?? '90')}
            error={fields.expiresAt}
          />
          <MultiSelect
            label="Only for these registries"
            description="What signs clients in needs no more than the registries that they pull from or push to."
            placeholder={only.length === 0 ? 'All that you may see' : ''}
            data={(registries.data?.items ?? []).map((registry) => ({ value: registry.id, label: registry.name }))}
            value={only}
            onChange={setOnly}
            searchable
            clearable
            error={fields.registries}
          />
          {create.error !== null && Object.keys(fields).length === 0 && <ProblemView error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <BusyButton type="submit" busy={create.isPending}>
              Create
            </BusyButton>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
