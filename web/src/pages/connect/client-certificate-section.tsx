import { Button, PasswordInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { RegistryDraft } from '../../lib/registry-draft.ts';
import { CertificateField } from './certificate-field.tsx';
import styles from './connect.module.css';

interface ClientCertificateSectionProps {
  draft: RegistryDraft;
  errors: FieldErrors;
  hasKey: boolean;
  onChange: (patch: Partial<RegistryDraft>) => void;
}

/** A certificate that Tagboat shows to the registry (mTLS). */
export function ClientCertificateSection({ draft, errors, hasKey, onChange }: ClientCertificateSectionProps) {
  const [asked, setAsked] = useState(false);
  const open = asked || draft.clientCert !== '' || errors['connection.clientCertificate'] !== undefined;
  const remove = () => {
    setAsked(false);
    onChange({ clientCert: '', clientKey: '', clientPassphrase: '' });
  };
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>Client certificate</legend>
      {!open && (
        <Button size="xs" variant="default" style={{ justifySelf: 'start' }} onClick={() => setAsked(true)}>
          Add a client certificate
        </Button>
      )}
      {open && (
        <>
          <CertificateField
            label="Certificate"
            description="PEM: the certificate, then its chain."
            path="connection.clientCertificate"
            value={draft.clientCert}
            error={errors['connection.clientCertificate'] ?? errors['connection.clientCertificate.cert']}
            onChange={(clientCert) => onChange({ clientCert })}
          />
          <Textarea
            label="Private key"
            placeholder={hasKey ? 'stored — leave empty to keep' : '-----BEGIN PRIVATE KEY-----'}
            className={styles.secretCode}
            data-field="connection.clientCertificate.key"
            autosize
            minRows={2}
            maxRows={6}
            spellCheck={false}
            autoComplete="off"
            value={draft.clientKey}
            error={errors['connection.clientCertificate.key']}
            onChange={(event) => onChange({ clientKey: event.currentTarget.value })}
          />
          <PasswordInput
            label="Passphrase of the key"
            autoComplete="new-password"
            placeholder={hasKey ? 'stored — leave empty to keep' : 'only if the key has one'}
            data-field="connection.clientCertificate.passphrase"
            value={draft.clientPassphrase}
            error={errors['connection.clientCertificate.passphrase']}
            onChange={(event) => onChange({ clientPassphrase: event.currentTarget.value })}
          />
          <Button size="xs" variant="subtle" color="gray" style={{ justifySelf: 'start' }} onClick={remove}>
            Without a client certificate
          </Button>
        </>
      )}
    </fieldset>
  );
}
