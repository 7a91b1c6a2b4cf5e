import { Chip } from '../../../components/bits.tsx';
import { sourceWords } from '../../../lib/sources.ts';

/** `Read from Vault: ci/registry#password`. */
export function SourceText({ source }: { source: string }) {
  const { kind, place } = sourceWords(source);
  return (
    <span>
      Read from {kind}
      {place !== '' && (
        <>
          {': '}
          <span className="mono">{place}</span>
        </>
      )}
    </span>
  );
}

export interface FieldText {
  secret: boolean;
  source: string | undefined;
  stored: boolean;
  value: unknown;
}

/** Whether anything is known of a field; the rest is left out of a sheet. */
export function hasText({ secret, source, stored, value }: FieldText): boolean {
  if (source !== undefined) return true;
  return secret ? stored : value !== undefined && value !== null && value !== '';
}

/** What may be shown of a field: a setting as it is, of a secret only where it is. */
export function FieldValueText({ secret, source, stored, value }: FieldText) {
  if (source !== undefined) return <SourceText source={source} />;
  if (secret) return stored ? <Chip>stored, sealed</Chip> : null;
  return <span className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</span>;
}
