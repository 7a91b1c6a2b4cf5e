import { Select } from '@mantine/core';
import type { Role } from '../../api/types.ts';

export const roles: { value: Role; label: string; description: string }[] = [
  {
    value: 'viewer',
    label: 'Viewer',
    description: 'sees registries and images, and is given credentials that only pull, where a registry makes such',
  },
  {
    value: 'operator',
    label: 'Operator',
    description: 'also connects, tests and removes registries, creates repositories, and is given credentials as the registry has them',
  },
  { value: 'administrator', label: 'Administrator', description: 'everything, people and keys too' },
];

const order: Role[] = ['viewer', 'operator', 'administrator'];

interface RoleSelectProps {
  value: Role;
  onChange: (role: Role) => void;
  label?: string;
  ariaLabel?: string;
  /** No role above this one can be given. */
  atMost?: Role;
  disabled?: boolean;
  error?: string;
  w?: number;
}

export function RoleSelect({ value, onChange, label, ariaLabel, atMost = 'administrator', disabled = false, error, w }: RoleSelectProps) {
  const allowed = roles.filter((role) => order.indexOf(role.value) <= order.indexOf(atMost));
  return (
    <Select
      label={label}
      aria-label={ariaLabel}
      description={label === undefined ? undefined : allowed.find((role) => role.value === value)?.description}
      data={allowed.map(({ value: id, label: name }) => ({ value: id, label: name }))}
      value={value}
      error={error}
      disabled={disabled}
      allowDeselect={false}
      w={w}
      onChange={(next) => onChange(allowed.find((role) => role.value === next)?.value ?? value)}
    />
  );
}
