import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { useMay, useProviders } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { IconPlus } from '../../components/icons.tsx';
import { ProblemView } from '../../components/states.tsx';
import { problemFields } from '../../lib/draft-check.ts';
import connect from '../connect/connect.module.css';

/** Makes a repository, where the registry wants it to be there before the first push; nothing elsewhere. */
export function CreateRepository({ registry }: { registry: Registry }) {
  const providers = useProviders();
  const may = useMay();
  const [asking, setAsking] = useState(false);
  const provider = providers.data?.find((each) => each.id === registry.provider);
  if (!may('repository:write') || provider?.traits.createRepository !== true) return null;
  return (
    <>
      <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => setAsking(true)}>
        Create a repository
      </Button>
      {asking && <CreateDialog registry={registry} providerTitle={provider.title} onClose={() => setAsking(false)} />}
    </>
  );
}

function CreateDialog({ registry, providerTitle, onClose }: { registry: Registry; providerTitle: string; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(registry.namespace === '' ? '' : `${registry.namespace}/`);
  const create = useMutation({
    mutationFn: () => hub.createRepository(registry.id, { name: name.trim() }),
    onSuccess: (created) => {
      void client.invalidateQueries({ queryKey: ['repositories', registry.id] });
      notifications.show({
        message: created.outcome === 'created' ? `${created.reference} was created.` : `${created.reference} was there already.`,
      });
      onClose();
    },
  });
  const problem = create.error === null ? undefined : problemOf(create.error);
  const fault = problemFields(problem).name ?? (problem?.code === 'invalid_reference' ? problem.detail : undefined);
  return (
    <Modal opened onClose={onClose} title="Create a repository" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') create.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            description={`As in references, without the host. ${providerTitle} wants it, or the project that it belongs to, to be there before the first push.`}
            placeholder="shop/api"
            className={connect.code}
            required
            withAsterisk={false}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            value={name}
            error={fault}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {create.error !== null && fault === undefined && <ProblemView error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <BusyButton type="submit" busy={create.isPending} disabled={name.trim() === ''}>
              Create
            </BusyButton>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
