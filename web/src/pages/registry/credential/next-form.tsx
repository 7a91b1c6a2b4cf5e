import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../../api/client.ts';
import { problemOf } from '../../../api/problem.ts';
import { useSession } from '../../../api/queries.ts';
import type { CredentialDetail, Provider, Registry } from '../../../api/types.ts';
import { BusyButton } from '../../../components/busy-button.tsx';
import { ProblemView } from '../../../components/states.tsx';
import { checkDraft, type FieldErrors, problemFields } from '../../../lib/draft-check.ts';
import { toNextCredential } from '../../../lib/draft-input.ts';
import { draftOf } from '../../../lib/registry-draft.ts';
import { FormField } from '../../connect/form-field.tsx';
import { SignInSection } from '../../connect/sign-in-section.tsx';
import { useInferred } from '../../connect/use-inferred.ts';
import styles from './credential.module.css';

interface NextFormProps {
  registry: Registry;
  provider: Provider;
  version: number;
  onSaved: (detail: CredentialDetail) => void;
  onClose: () => void;
}

/** The sign-in part of the registry's form, for the credential that comes next. The secret is always a new one. */
export function NextForm({ registry, provider, version, onSaved, onClose }: NextFormProps) {
  const [draft, setDraft] = useState(() => ({ ...draftOf(registry), secretEndsOn: '' }));
  const [checked, setChecked] = useState<FieldErrors>({});
  const inferred = useInferred(provider, registry.url);
  const maySource = useSession().data?.user.role === 'administrator';
  const save = useMutation({
    mutationFn: () => hub.setNextCredential(registry.id, toNextCredential(draft, provider), { ifMatch: version }),
    onSuccess: onSaved,
  });
  const problem = save.error === null ? undefined : problemOf(save.error);
  const refused = problemFields(problem);
  const method = provider.signIn.find((each) => each.method === draft.signIn);
  const names = new Set(['signIn', 'secretEndsAt', ...(method?.fields ?? []).flatMap(({ name }) => [`fields.${name}`, `sources.${name}`])]);
  const now = checkDraft(draft, provider);
  const own = Object.fromEntries(Object.entries(now).filter(([path]) => names.has(path)));
  const errors = { ...Object.fromEntries(Object.entries(own).filter(([path]) => checked[path] !== undefined)), ...refused };
  const advanced = (method?.fields ?? []).filter((field) => field.advanced);
  const unplaced = problem !== undefined && !Object.keys(refused).some((path) => names.has(path));
  return (
    <form
      className={styles.form}
      noValidate
      aria-label={`Next credential of ${registry.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(own);
        if (Object.keys(own).length === 0) save.mutate();
      }}
    >
      <SignInSection
        provider={provider}
        draft={draft}
        errors={errors}
        stored={[]}
        lost={false}
        inferred={inferred}
        maySource={maySource}
        onChange={setDraft}
      />
      {advanced.map((field) => (
        <FormField key={field.name} field={field} draft={draft} errors={errors} stored={false} maySource={maySource} onChange={setDraft} />
      ))}
      <TextInput
        type="date"
        label={
          <>
            It ends on<span className="dim"> · optional</span>
          </>
        }
        description="If you know it: you are warned 30, 7 and 1 days before."
        maw={420}
        value={draft.secretEndsOn}
        error={errors.secretEndsAt}
        onChange={(event) => {
          const secretEndsOn = event.currentTarget.value;
          setDraft((previous) => ({ ...previous, secretEndsOn }));
        }}
      />
      {unplaced && <ProblemView error={save.error} />}
      <div className={styles.formFoot}>
        <BusyButton type="submit" busy={save.isPending}>
          Keep and test it
        </BusyButton>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          The one in use goes on working until you put this one in use.
        </span>
      </div>
    </form>
  );
}
