import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys } from '../../api/queries.ts';
import type { Project } from '../../api/types.ts';
import { ProblemView } from '../../components/states.tsx';
import { problemFields } from '../../lib/draft-check.ts';
import { BusyButton } from '../../components/busy-button.tsx';

export function ProjectDialog({ project, onClose }: { project?: Project; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(project?.name ?? '');
  const [description, setDescription] = useState(project?.description ?? '');
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), description: description.trim() };
      return project ? hub.updateProject(project.id, body, { ifMatch: project.version }) : hub.createProject(body);
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.projects });
      onClose();
    },
  });
  const fields = problemFields(save.error === null ? undefined : problemOf(save.error));
  return (
    <Modal
      opened
      onClose={onClose}
      title={project ? `Edit ${project.name}` : 'Create a project'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            required
            withAsterisk={false}
            autoComplete="off"
            data-autofocus
            value={name}
            error={fields.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Description"
            autoComplete="off"
            value={description}
            error={fields.description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {save.error !== null && Object.keys(fields).length === 0 && <ProblemView error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <BusyButton type="submit" busy={save.isPending}>
              {project ? 'Save' : 'Create'}
            </BusyButton>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
