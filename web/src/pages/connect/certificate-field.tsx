import { Button, FileButton, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { CertificateList } from '../../components/certificate-list.tsx';
import { IconUpload } from '../../components/icons.tsx';
import styles from './connect.module.css';

interface CertificateFieldProps {
  label: string;
  description: string;
  /** Path of the field in the request body. */
  path: string;
  value: string;
  error?: string;
  onChange: (pem: string) => void;
}

/** PEM certificates, pasted or from a file, read back to the person: whose, by whom, until when. */
export function CertificateField({ label, description, path, value, error, onChange }: CertificateFieldProps) {
  const [settled] = useDebouncedValue(value.trim(), 300);
  const parsed = useQuery({
    queryKey: ['certificates', settled],
    queryFn: ({ signal }) => hub.parseCertificates({ pem: settled }, { signal }),
    enabled: settled !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const unreadable = settled !== '' && parsed.error !== null ? problemOf(parsed.error).detail : undefined;
  return (
    <div style={{ display: 'grid', gap: 8 }}>
      <Textarea
        label={label}
        description={description}
        placeholder="-----BEGIN CERTIFICATE-----"
        className={styles.code}
        data-field={path}
        autosize
        minRows={3}
        maxRows={8}
        spellCheck={false}
        autoComplete="off"
        value={value}
        error={error ?? unreadable}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <FileButton accept=".pem,.crt,.cer,.ca-bundle,application/x-pem-file" onChange={(file) => void file?.text().then(onChange)}>
        {(props) => (
          <Button {...props} size="xs" variant="default" leftSection={<IconUpload />} style={{ justifySelf: 'start' }}>
            Choose a file
          </Button>
        )}
      </FileButton>
      {parsed.data && settled !== '' && <CertificateList certificates={parsed.data.items} label={`${label}, as read`} />}
    </div>
  );
}
