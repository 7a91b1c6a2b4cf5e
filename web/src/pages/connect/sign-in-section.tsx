import { SegmentedControl, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useId } from 'react';
import type { Provider } from '../../api/types.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { RegistryDraft } from '../../lib/registry-draft.ts';
import styles from './connect.module.css';
import { ProviderField } from './provider-field.tsx';

interface SignInSectionProps {
  provider: Provider;
  draft: RegistryDraft;
  errors: FieldErrors;
  stored: readonly string[];
  lost: boolean;
  onChange: (change: (previous: RegistryDraft) => RegistryDraft) => void;
}

/** The way of signing in, and only the fields that it needs. */
export function SignInSection({ provider, draft, errors, stored, lost, onChange }: SignInSectionProps) {
  const id = useId();
  const narrow = useMediaQuery('(max-width: 36em)') ?? false;
  const methods = provider.signIn;
  const method = methods.find((each) => each.method === draft.signIn) ?? methods[0];
  if (!method) return null;
  const data = methods.map((each) => ({ value: each.method, label: each.title }));
  const setMethod = (signIn: string) => onChange((previous) => ({ ...previous, signIn }));
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend} id={id}>
        Sign in with
      </legend>
      <div className={styles.methods}>
        {methods.length > 1 &&
          (methods.length > 4 || narrow ? (
            <Select
              aria-labelledby={id}
              data={data}
              value={draft.signIn}
              allowDeselect={false}
              onChange={(value) => setMethod(value ?? method.method)}
              data-field="signIn"
              error={errors.signIn}
            />
          ) : (
            <div className={styles.segments}>
              <SegmentedControl aria-labelledby={id} data={data} value={draft.signIn} onChange={setMethod} data-field="signIn" />
              {errors.signIn !== undefined && (
                <p style={{ color: 'var(--bad-text)', margin: '4px 0 0', fontSize: '0.75rem' }}>{errors.signIn}</p>
              )}
            </div>
          ))}
        {method.help !== undefined && (
          <p className="dim" style={{ margin: 0, fontSize: '0.8125rem' }}>
            {method.help}
          </p>
        )}
        {method.fields
          .filter((field) => !field.advanced)
          .map((field) => (
            <ProviderField
              key={field.name}
              field={field}
              value={draft.fields[field.name]}
              error={errors[`fields.${field.name}`]}
              stored={stored.includes(field.name) && !lost}
              onChange={(value) => onChange((previous) => ({ ...previous, fields: { ...previous.fields, [field.name]: value } }))}
            />
          ))}
      </div>
    </fieldset>
  );
}
