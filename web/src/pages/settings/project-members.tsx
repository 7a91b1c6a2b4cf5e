import { CloseButton, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { keys, useMay } from '../../api/queries.ts';
import type { Project, Role } from '../../api/types.ts';
import { RoleSelect } from './roles.tsx';
import styles from './settings.module.css';

/** Who belongs to a project, and with which role on its registries. */
export function ProjectMembers({ project }: { project: Project }) {
  const may = useMay();
  const client = useQueryClient();
  const mayChange = may('project:write') && may('user:read');
  const users = useQuery({ queryKey: keys.users, queryFn: ({ signal }) => hub.listUsers({ limit: 1000 }, { signal }), enabled: mayChange });
  const options = {
    onSettled: () => client.invalidateQueries({ queryKey: keys.projects }),
    onError: (error: Error) => notifications.show({ color: 'red', message: problemOf(error).detail }),
  };
  const set = useMutation({
    mutationFn: ({ user, role }: { user: string; role: Role }) => hub.setProjectMember(project.id, user, { role }),
    ...options,
  });
  const remove = useMutation({ mutationFn: (user: string) => hub.removeProjectMember(project.id, user), ...options });
  const others = (users.data?.items ?? []).filter((user) => !project.members.some((member) => member.userId === user.id));
  return (
    <div style={{ display: 'grid', gap: 8 }}>
      {project.members.length === 0 && <span className="dim">No members yet.</span>}
      <ul className={styles.members} aria-label={`Members of ${project.name}`}>
        {project.members.map((member) => (
          <li key={member.userId} className={styles.member}>
            <span style={{ flex: '0 1 200px' }} className="truncate">
              {member.userName}
            </span>
            <RoleSelect
              ariaLabel={`Role of ${member.userName} in ${project.name}`}
              value={member.role}
              disabled={!mayChange}
              w={150}
              onChange={(role) => set.mutate({ user: member.userId, role })}
            />
            {mayChange && (
              <CloseButton aria-label={`Take ${member.userName} out of ${project.name}`} onClick={() => remove.mutate(member.userId)} />
            )}
          </li>
        ))}
      </ul>
      {mayChange && others.length > 0 && (
        <Select
          aria-label={`Add a member to ${project.name}`}
          placeholder="Add a member"
          data={others.map((user) => ({ value: user.id, label: user.displayName ?? user.name }))}
          value={null}
          searchable
          maw={260}
          onChange={(user) => {
            if (user !== null) set.mutate({ user, role: 'viewer' });
          }}
        />
      )}
    </div>
  );
}
