import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys, useMay, useProjects } from '../../api/queries.ts';
import type { Project } from '../../api/types.ts';
import { Panel } from '../../components/bits.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { IconPlus } from '../../components/icons.tsx';
import { EmptyState, LoadingRows, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { ProjectDialog } from './project-dialog.tsx';
import { ProjectMembers } from './project-members.tsx';
import styles from './settings.module.css';

export function ProjectsTab() {
  const projects = useProjects();
  const may = useMay();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Project | 'new'>();
  const [removing, setRemoving] = useState<Project>();
  const remove = useMutation({
    mutationFn: (project: Project) => hub.deleteProject(project.id, { ifMatch: project.version }),
    onSuccess: () => setRemoving(undefined),
    onSettled: () => client.invalidateQueries({ queryKey: keys.projects }),
  });
  const add = may('project:write') && (
    <Button leftSection={<IconPlus />} onClick={() => setEditing('new')}>
      Create a project
    </Button>
  );
  return (
    <>
      <div className={styles.head}>
        <p>A project is a team’s scope: a registry limited to projects exists only for their members.</p>
        {projects.data && projects.data.length > 0 && add}
      </div>
      {projects.isPending && <LoadingRows rows={3} height={64} label="Loading projects" />}
      {projects.error !== null && <ProblemView error={projects.error} onRetry={() => void projects.refetch()} />}
      {projects.data?.length === 0 && (
        <EmptyState title="No projects yet" action={add}>
          <p>
            Without projects everybody sees every registry. Make one for each team whose registries others should not see, then choose it in
            the registry’s form.
          </p>
        </EmptyState>
      )}
      <div style={{ display: 'grid', gap: 12 }}>
        {projects.data?.map((project) => (
          <Panel
            key={project.id}
            title={project.name}
            actions={
              <span style={{ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap' }}>
                <Link href={`${paths.registries}?project=${project.id}`}>{plural(project.registryCount, 'registry', 'registries')}</Link>
                {may('project:write') && (
                  <>
                    <Button size="compact-xs" variant="default" onClick={() => setEditing(project)} aria-label={`Edit ${project.name}`}>
                      Edit
                    </Button>
                    <Button size="compact-xs" variant="default" onClick={() => setRemoving(project)} aria-label={`Remove ${project.name}`}>
                      Remove
                    </Button>
                  </>
                )}
              </span>
            }
          >
            {project.description !== '' && <p style={{ margin: '0 0 10px' }}>{project.description}</p>}
            <ProjectMembers project={project} />
          </Panel>
        ))}
      </div>
      {editing && <ProjectDialog {...(editing === 'new' ? {} : { project: editing })} onClose={() => setEditing(undefined)} />}
      {removing && (
        <ConfirmDialog
          title={`Remove the project ${removing.name}`}
          action={`Remove ${removing.name}`}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(removing)}
          onClose={() => setRemoving(undefined)}
        >
          <p style={{ margin: 0 }}>
            Its {plural(removing.members.length, 'member')} lose what it gave them. Registries that are limited to it have to be moved
            first.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
