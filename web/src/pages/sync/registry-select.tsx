import { Select } from '@mantine/core';
import { useRegistries } from '../../api/queries.ts';

interface RegistrySelectProps {
  label: string;
  description?: string;
  path: string;
  /** Id. */
  value: string;
  error: string | undefined;
  onChange: (id: string) => void;
}

/** One of the registries that are connected. */
export function RegistrySelect({ label, description, path, value, error, onChange }: RegistrySelectProps) {
  const registries = useRegistries();
  return (
    <Select
      label={label}
      description={description}
      placeholder="Choose a registry"
      data-field={path}
      data={(registries.data?.items ?? []).map((each) => ({ value: each.id, label: `${each.name} · ${each.host}` }))}
      value={value === '' ? null : value}
      error={error}
      searchable
      openOnFocus={false}
      allowDeselect={false}
      nothingFoundMessage="No registry is called that"
      onChange={(next) => onChange(next ?? '')}
    />
  );
}
