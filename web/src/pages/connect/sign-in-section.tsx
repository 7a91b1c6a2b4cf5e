import { SegmentedControl, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useId } from 'react';
import type { Provider } from '../../api/types.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import type { RegistryDraft } from '../../lib/registry-draft.ts';
import styles from './connect.module.css';
import { FieldList } from './field-list.tsx';
import { type Inferred, isAsked } from './use-inferred.ts';

interface SignInSectionProps {
  provider: Provider;
  draft: RegistryDraft;
  errors: FieldErrors;
  stored: readonly string[];
  lost: boolean;
  inferred: Inferred;
  maySource: boolean;
  onChange: (change: (previous: RegistryDraft) => RegistryDraft) => void;
}

/** The way of signing in, and only the fields that it needs. */
export function SignInSection({ provider, draft, errors, stored, lost, inferred, maySource, onChange }: SignInSectionProps) {
  const id = useId();
  const narrow = useMediaQuery('(max-width: 36em)') ?? false;
  // A way that this person may not choose is not offered, unless somebody who may has chosen it.
  const methods = provider.signIn.filter((each) => each.method !== 'external' || maySource || draft.signIn === 'external');
  const method = methods.find((each) => each.method === draft.signIn) ?? methods[0];
  if (!method) return null;
  const length = methods.reduce((sum, each) => sum + each.title.length, 0);
  const data = methods.map((each) => ({ value: each.method, label: each.title }));
  const setMethod = (signIn: string) => onChange((previous) => ({ ...previous, signIn }));
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend} id={id}>
        Sign in with
      </legend>
      <div className={styles.methods}>
        {methods.length > 1 &&
          (methods.length > 4 || narrow || length > 61 ? (
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
              <SegmentedControl
                size={length > 48 ? 'xs' : 'sm'}
                aria-labelledby={id}
                data={data}
                value={draft.signIn}
                onChange={setMethod}
                data-field="signIn"
              />
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
        <FieldList
          key={method.method}
          fields={method.fields.filter((field) => !field.advanced && isAsked(field, inferred, errors[`fields.${field.name}`]))}
          draft={draft}
          errors={errors}
          stored={lost ? [] : stored}
          maySource={maySource}
          onChange={onChange}
        />
      </div>
    </fieldset>
  );
}
