import { Radio, Stack } from '@mantine/core';
import type { TlsMode } from '../../api/types.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { RegistryDraft } from '../../lib/registry-draft.ts';
import { CertificateField } from './certificate-field.tsx';
import styles from './connect.module.css';

const modes: { value: TlsMode; label: string; description: string }[] = [
  {
    value: 'verify',
    label: 'Only secure connection',
    description: 'The certificate must be valid and issued by an authority that this machine trusts.',
  },
  {
    value: 'ca',
    label: 'Secure with CA certificate',
    description: 'As above, issued by an authority of your own, whose certificate you give here.',
  },
  {
    value: 'insecure',
    label: 'Allow insecure connection',
    description: 'Encrypted, but nobody checks whose certificate it is: whoever sits in between can read the password. For trials only.',
  },
  {
    value: 'plain',
    label: 'Plain HTTP',
    description: 'Not encrypted at all: password and images can be read on the way. For networks that you trust.',
  },
];

interface TlsSectionProps {
  draft: RegistryDraft;
  errors: FieldErrors;
  onChange: (patch: Partial<RegistryDraft>) => void;
}

export function TlsSection({ draft, errors, onChange }: TlsSectionProps) {
  return (
    <div className={styles.group}>
      <Radio.Group
        label="Connection"
        value={draft.tls}
        error={errors['connection.tls']}
        onChange={(value) => onChange({ tls: modes.find((mode) => mode.value === value)?.value ?? 'verify' })}
      >
        <Stack gap={10} mt={8}>
          {modes.map((mode) => (
            <Radio
              key={mode.value}
              value={mode.value}
              label={mode.label}
              description={mode.description}
              data-field={mode.value === draft.tls ? 'connection.tls' : undefined}
            />
          ))}
        </Stack>
      </Radio.Group>
      {draft.tls === 'ca' && (
        <CertificateField
          label="Certificate of the authority"
          description="PEM, one or several certificates. Paste them or choose a file (ca.crt)."
          path="connection.ca"
          value={draft.ca}
          error={errors['connection.ca']}
          onChange={(ca) => onChange({ ca })}
        />
      )}
    </div>
  );
}
