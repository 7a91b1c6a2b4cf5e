import { Button, Checkbox, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ApiError, problemOf } from '../../api/problem.ts';
import { useSession } from '../../api/queries.ts';
import type { Detection, DoctorOffer, DoctorOptions, DoctorReport, DoctorStep, Provider, Registry } from '../../api/types.ts';
import { DoctorPanel } from '../../components/doctor/doctor-panel.tsx';
import { useDoctor } from '../../components/doctor/use-doctor.ts';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { Notice, ProblemView } from '../../components/states.tsx';
import { blamedFields } from '../../lib/doctor-run.ts';
import { checkDraft, type FieldErrors, hasAdvancedError, problemFields } from '../../lib/draft-check.ts';
import { applyDetection, applyOffer, type RegistryDraft, withInferred } from '../../lib/registry-draft.ts';
import { AdvancedSection } from './advanced-section.tsx';
import styles from './connect.module.css';
import { FormFooter } from './form-footer.tsx';
import { FieldList } from './field-list.tsx';
import { SignInSection } from './sign-in-section.tsx';
import { TestOptions } from './test-options.tsx';
import { FromUrl } from './from-url.tsx';
import { isAsked, useInferred } from './use-inferred.ts';
import { usePastedBundle } from './use-pasted-bundle.tsx';

interface RegistryFormProps {
  providers: readonly Provider[];
  initial: RegistryDraft;
  /** What the paste was recognised as. */
  found?: Detection;
  /** The registry as it is stored, in an edit. */
  saved?: Registry;
  onChangeProvider?: () => void;
  onTest: (
    draft: RegistryDraft,
    provider: Provider,
    options: DoctorOptions,
    signal: AbortSignal,
  ) => AsyncGenerator<DoctorStep, DoctorReport>;
  onSave: (draft: RegistryDraft, provider: Provider) => Promise<Registry>;
  onSaved: (registry: Registry) => void;
  /** Shown in place of the general words for a failed save, e.g. when somebody else was faster. */
  explainFailure?: (error: ApiError, draft: RegistryDraft) => React.ReactNode;
  saveWord: string;
}

/** The form of a registry, rendered from its provider's description, with the doctor beside it. */
export function RegistryForm(props: RegistryFormProps) {
  const [draft, setDraft] = useState(props.initial);
  const [checked, setChecked] = useState<FieldErrors>({});
  const [options, setOptions] = useState<DoctorOptions>({});
  const [advanced, setAdvanced] = useState(false);
  const doctor = useDoctor();
  const form = useRef<HTMLFormElement>(null);
  const save = useMutation({
    mutationFn: (provider: Provider) => props.onSave(withInferred(draft, inferred.values), provider),
    onSuccess: props.onSaved,
    onError: (error) => reveal(problemFields(problemOf(error))),
  });
  const pasted = usePastedBundle((detection) => {
    const next = props.providers.find((each) => each.id === (detection.provider ?? draft.provider));
    if (next) setDraft((previous) => applyDetection(previous, detection, next));
  });

  const provider = props.providers.find((each) => each.id === draft.provider);
  const inferred = useInferred(provider, draft.url);
  const maySource = useSession().data?.user.role === 'administrator';
  if (!provider) {
    return (
      <ProblemView error={new Error(`This Tagboat knows no provider “${draft.provider}”. It may have been made by a newer version.`)} />
    );
  }
  const stored = props.saved?.secretsSet ?? [];
  const change = (patch: Partial<RegistryDraft>) => setDraft((previous) => ({ ...previous, ...patch }));
  const subject = JSON.stringify(draft);
  const outdated = doctor.run.subject !== undefined && doctor.run.subject !== subject;

  // A field forgets what was said of it as soon as it is changed.
  const fresh = (path: string, before: RegistryDraft) => valueAt(before, path) === valueAt(draft, path);
  const tested = doctor.run.subject === undefined ? undefined : (JSON.parse(doctor.run.subject) as RegistryDraft);
  const errors: Record<string, string> = {};
  for (const [path, message] of Object.entries(checked))
    if (checkDraft(draft, provider, stored)[path] !== undefined) errors[path] = message;
  if (tested)
    for (const [path, message] of Object.entries(blamedFields(doctor.run.steps))) if (fresh(path, tested)) errors[path] ??= message;
  if (save.error !== null) Object.assign(errors, problemFields(problemOf(save.error)));

  function reveal(found: FieldErrors) {
    if (provider && hasAdvancedError(found, provider, draft.signIn)) setAdvanced(true);
    const first = Object.keys(found)[0];
    if (first !== undefined) focusField(form.current, first);
  }
  const goTo = (path: string) => {
    if (path === 'connection.ca' && draft.tls !== 'ca') change({ tls: 'ca' });
    reveal({ [path]: '' });
  };
  const complete = () => {
    const found = checkDraft(draft, provider, stored);
    setChecked(found);
    reveal(found);
    return Object.keys(found).length === 0;
  };
  const test = (tried: RegistryDraft = draft) => {
    if (complete()) run(tried);
  };
  const run = (tried: RegistryDraft) =>
    doctor.start(JSON.stringify(tried), (signal) => props.onTest(withInferred(tried, inferred.values), provider, options, signal));
  const accept = (offer: DoctorOffer) => {
    if (offer.kind === 'set-namespace') {
      goTo('namespace');
      return;
    }
    const next = applyOffer(draft, offer);
    setDraft(next);
    setAdvanced(true);
    run(next);
  };
  const failure = save.error instanceof ApiError ? props.explainFailure?.(save.error, draft) : undefined;
  const unplaced = save.error !== null && Object.keys(problemFields(problemOf(save.error))).length === 0;

  return (
    <div className={styles.columns}>
      <form
        ref={form}
        className={styles.form}
        noValidate
        aria-label={props.saved ? `Edit ${props.saved.name}` : `Connect ${provider.title}`}
        onPaste={pasted.onPaste}
        onSubmit={(event) => {
          event.preventDefault();
          if (complete()) save.mutate(provider);
        }}
      >
        <div className={styles.provider}>
          <ProviderMark provider={provider.id} size={28} title="" />
          <div style={{ flex: 1, minWidth: 0 }}>
            <strong>{provider.title}</strong>
            {props.found?.summary !== undefined && <div className="dim">Recognised: {props.found.summary}</div>}
          </div>
          {props.onChangeProvider && (
            <Button variant="subtle" size="compact-sm" onClick={props.onChangeProvider}>
              Change
            </Button>
          )}
        </div>
        {pasted.notice}
        <TextInput
          label="Name"
          description="What your team calls it; stands for the host in commands."
          placeholder="prod-registry"
          data-field="name"
          autoComplete="off"
          spellCheck={false}
          autoFocus={props.saved === undefined}
          value={draft.name}
          error={errors.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        {provider.url.fixed === undefined && (
          <TextInput
            label={provider.url.label}
            description={provider.url.help}
            placeholder={provider.url.example}
            className={styles.code}
            data-field="url"
            autoComplete="off"
            spellCheck={false}
            inputMode="url"
            value={draft.url}
            error={errors.url}
            onChange={(event) => change({ url: event.currentTarget.value })}
          />
        )}
        <FromUrl provider={provider} signIn={draft.signIn} inferred={inferred} />
        <FieldList
          key={provider.id}
          fields={provider.fields.filter((field) => !field.advanced && isAsked(field, inferred, errors[`fields.${field.name}`]))}
          draft={draft}
          errors={errors}
          stored={stored}
          maySource={maySource}
          onChange={setDraft}
        />
        {provider.namespace && (inferred.namespace === undefined || draft.namespace !== '' || errors.namespace !== undefined) && (
          <TextInput
            label={
              <>
                {provider.namespace.label}
                <span className="dim"> · optional</span>
              </>
            }
            description={provider.namespace.help}
            placeholder={provider.namespace.example}
            className={styles.code}
            data-field="namespace"
            autoComplete="off"
            spellCheck={false}
            value={draft.namespace}
            error={errors.namespace}
            onChange={(event) => change({ namespace: event.currentTarget.value })}
          />
        )}
        <SignInSection
          provider={provider}
          draft={draft}
          errors={errors}
          stored={stored}
          lost={props.saved?.secretsLost ?? false}
          inferred={inferred}
          maySource={maySource}
          onChange={setDraft}
        />
        {props.saved?.default !== true && (
          <Checkbox
            label="Use as the default registry"
            description="For commands and pages that name none. The first registry becomes it by itself."
            checked={draft.isDefault}
            onChange={(event) => change({ isDefault: event.currentTarget.checked })}
          />
        )}
        <AdvancedSection
          provider={provider}
          draft={draft}
          errors={errors}
          stored={stored}
          {...(props.saved ? { saved: props.saved } : {})}
          inferred={inferred}
          maySource={maySource}
          open={advanced}
          onToggle={setAdvanced}
          onChange={setDraft}
        />
        {failure ?? (unplaced && <ProblemView error={save.error} />)}
        <FormFooter
          run={doctor.run}
          outdated={outdated}
          saving={save.isPending}
          saveWord={props.saveWord}
          fieldsAtFault={Object.keys(errors).length}
          onTest={() => test()}
        />
      </form>
      <div className={styles.side}>
        <DoctorPanel
          run={doctor.run}
          outdated={outdated}
          onOffer={accept}
          onField={goTo}
          onCancel={doctor.cancel}
          idle={
            <p className="dim" style={{ marginTop: 0 }}>
              “Test” tries the connection step by step, from the name to a first read, without saving anything. What fails is explained
              here, and the field at fault is marked.
            </p>
          }
        />
        <div style={{ marginTop: 12 }}>
          <TestOptions options={options} onChange={setOptions} />
        </div>
        {props.saved?.secretsLost === true && (
          <Notice kind="bad">The stored secrets of this registry cannot be read any more. Enter them again and save.</Notice>
        )}
      </div>
    </div>
  );
}

function valueAt(draft: RegistryDraft, path: string): unknown {
  if (path.startsWith('sources.')) return draft.sources[path.slice('sources.'.length)];
  if (path.startsWith('fields.')) return draft.fields[path.slice('fields.'.length)];
  if (path.startsWith('connection.'))
    return JSON.stringify([draft.tls, draft.ca, draft.clientCert, draft.clientKey, draft.proxy, draft.requestsPerSecond]);
  return (draft as unknown as Record<string, unknown>)[path];
}

/** Puts the cursor into a field, once the section around it has unfolded. */
function focusField(form: HTMLFormElement | null, path: string): void {
  setTimeout(() => {
    const field = form?.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
    const target = field?.matches('input, textarea') === false ? field.querySelector<HTMLElement>('input:checked, input') : field;
    target?.focus();
  }, 160);
}
