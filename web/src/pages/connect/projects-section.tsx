import { MultiSelect, Radio, Stack } from '@mantine/core';
import type { Project } from '../../api/types.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { RegistryDraft } from '../../lib/registry-draft.ts';
import styles from './connect.module.css';

interface ProjectsSectionProps {
  draft: RegistryDraft;
  errors: FieldErrors;
  projects: readonly Project[];
  onChange: (patch: Partial<RegistryDraft>) => void;
}

/** Who sees the registry: everybody, or the members of some projects. */
export function ProjectsSection({ draft, errors, projects, onChange }: ProjectsSectionProps) {
  return (
    <div className={styles.group}>
      <Radio.Group
        label="Projects"
        value={draft.allProjects ? 'all' : 'chosen'}
        onChange={(value) => onChange({ allProjects: value === 'all' })}
      >
        <Stack gap={10} mt={8}>
          <Radio value="all" label="All projects" description="Those made later too." />
          <Radio
            value="chosen"
            label="Chosen projects"
            description="For everybody else the registry does not exist."
            data-field={projects.length === 0 ? 'projects' : undefined}
          />
        </Stack>
      </Radio.Group>
      {!draft.allProjects && projects.length > 0 && (
        <MultiSelect
          aria-label="Chosen projects"
          placeholder={draft.projects.length === 0 ? 'Choose projects' : ''}
          data-field="projects"
          data={projects.map((project) => ({ value: project.id, label: project.name }))}
          value={draft.projects}
          error={errors.projects}
          searchable
          clearable
          onChange={(value) => onChange({ projects: value })}
        />
      )}
      {!draft.allProjects && projects.length === 0 && (
        <p className="dim" style={{ margin: 0 }}>
          There is no project yet. An administrator makes one under Settings, Projects.
        </p>
      )}
    </div>
  );
}
