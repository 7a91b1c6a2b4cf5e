import { Collapse, Select, Textarea, TextInput } from '@mantine/core';
import { useId } from 'react';
import { useProjects } from '../../api/queries.ts';
import type { Provider, Registry } from '../../api/types.ts';
import { Chip } from '../../components/bits.tsx';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import { advancedSummary } from '../../lib/advanced-summary.ts';
import { type FieldErrors, hasAdvancedError } from '../../lib/draft-check.ts';
import { activeFields, type RegistryDraft } from '../../lib/registry-draft.ts';
import { ClientCertificateSection } from './client-certificate-section.tsx';
import styles from './connect.module.css';
import { ProjectsSection } from './projects-section.tsx';
import { FormField } from './form-field.tsx';
import { type Inferred, isAsked } from './use-inferred.ts';
import { TlsSection } from './tls-section.tsx';

const tagOrders = [
  { value: 'lexical', label: 'By name' },
  { value: 'oldest-first', label: 'Oldest first' },
  { value: 'newest-first', label: 'Newest first' },
] as const;

interface AdvancedSectionProps {
  provider: Provider;
  draft: RegistryDraft;
  errors: FieldErrors;
  stored: readonly string[];
  saved?: Registry;
  inferred: Inferred;
  maySource: boolean;
  open: boolean;
  onToggle: (open: boolean) => void;
  onChange: (change: (previous: RegistryDraft) => RegistryDraft) => void;
}

/** What most registries do without: folded, with a line that says what is not as usual. */
export function AdvancedSection({
  provider,
  draft,
  errors,
  stored,
  saved,
  inferred,
  maySource,
  open,
  onToggle,
  onChange,
}: AdvancedSectionProps) {
  const id = useId();
  const projects = useProjects();
  const names = new Map((projects.data ?? []).map((project) => [project.id, project.name]));
  const atFault = hasAdvancedError(errors, provider, draft.signIn);
  const summary = advancedSummary(draft, provider, names);
  const set = (patch: Partial<RegistryDraft>) => onChange((previous) => ({ ...previous, ...patch }));
  const extra = activeFields(provider, draft.signIn).filter(
    (field) => field.advanced && isAsked(field, inferred, errors[`fields.${field.name}`]),
  );
  return (
    <section className={styles.fold}>
      <button type="button" className={styles.foldHead} aria-expanded={open} aria-controls={id} onClick={() => onToggle(!open)}>
        {open ? <IconChevronDown /> : <IconChevronRight />}
        <strong>Advanced</strong>
        {atFault && !open && <Chip kind="bad">to look at</Chip>}
        <span className="dim truncate">
          {summary.length > 0 ? summary.join(' · ') : 'TLS, proxy, prefix, limits, projects: all as usual'}
        </span>
      </button>
      <Collapse expanded={open} transitionDuration={120} id={id}>
        <div className={styles.foldBody}>
          <TextInput
            label="Description"
            autoComplete="off"
            data-field="description"
            value={draft.description}
            error={errors.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          {extra.map((field) => (
            <FormField
              key={field.name}
              field={field}
              draft={draft}
              errors={errors}
              stored={stored.includes(field.name)}
              maySource={maySource}
              onChange={onChange}
            />
          ))}
          <TlsSection draft={draft} errors={errors} onChange={set} />
          <ClientCertificateSection
            draft={draft}
            errors={errors}
            hasKey={saved?.connection.clientCertificate?.hasKey ?? false}
            onChange={set}
          />
          <ProjectsSection draft={draft} errors={errors} projects={projects.data ?? []} onChange={set} />
          <div className={styles.pair}>
            <TextInput
              label="Proxy"
              description={
                saved?.connection.proxyHasPassword === true
                  ? 'Its password is stored; it stays unless user or host change.'
                  : 'HTTP proxy for this registry only.'
              }
              placeholder="http://proxy.example.com:3128"
              className={styles.code}
              data-field="connection.proxy"
              autoComplete="off"
              spellCheck={false}
              value={draft.proxy}
              error={errors['connection.proxy']}
              onChange={(event) => set({ proxy: event.currentTarget.value })}
            />
            <TextInput
              label="Requests per second"
              description="Upper limit; empty for none."
              inputMode="decimal"
              data-field="connection.requestsPerSecond"
              autoComplete="off"
              value={draft.requestsPerSecond}
              error={errors['connection.requestsPerSecond']}
              onChange={(event) => set({ requestsPerSecond: event.currentTarget.value })}
            />
            <TextInput
              label="Prefix"
              description="What image references of this registry begin with. The longest match wins."
              placeholder="host, or host/organisation"
              className={styles.code}
              data-field="prefix"
              autoComplete="off"
              spellCheck={false}
              value={draft.prefix}
              error={errors.prefix}
              onChange={(event) => set({ prefix: event.currentTarget.value })}
            />
            <TextInput
              label="Renew the credential every"
              description="Only where the issuer does not say when it expires. Like 10h or 90m."
              data-field="credentialExpirySeconds"
              autoComplete="off"
              value={draft.credentialExpiry}
              error={errors.credentialExpirySeconds}
              onChange={(event) => set({ credentialExpiry: event.currentTarget.value })}
            />
            <TextInput
              type="date"
              label="Secret ends on"
              description="If you know it: you are warned 30, 7 and 1 days before."
              data-field="secretEndsAt"
              value={draft.secretEndsOn}
              error={errors.secretEndsAt}
              onChange={(event) => set({ secretEndsOn: event.currentTarget.value })}
            />
            <Select
              label="Order of tags"
              description="As the registry lists them, where it tells no times."
              data={tagOrders}
              placeholder="As usual for this provider"
              clearable
              data-field="tagOrder"
              value={draft.tagOrder === '' ? null : draft.tagOrder}
              error={errors.tagOrder}
              onChange={(value) => set({ tagOrder: tagOrders.find((each) => each.value === value)?.value ?? '' })}
            />
          </div>
          <Textarea
            label="Pinned repositories"
            description="One a line. Shown where the registry does not list its repositories, or not to you."
            placeholder={'team/app\nteam/worker'}
            className={styles.code}
            data-field="pinnedRepositories"
            autosize
            minRows={2}
            maxRows={8}
            spellCheck={false}
            value={draft.pinned}
            error={errors.pinnedRepositories}
            onChange={(event) => set({ pinned: event.currentTarget.value })}
          />
          {draft.trustedRealms.length > 0 && (
            <Textarea
              label="Trusted token servers"
              description="Other hosts that the stored credential may be sent to. Remove a line to withdraw the trust."
              className={styles.code}
              data-field="trustedRealms"
              autosize
              spellCheck={false}
              value={draft.trustedRealms.join('\n')}
              error={errors.trustedRealms}
              onChange={(event) => set({ trustedRealms: event.currentTarget.value.split('\n') })}
            />
          )}
        </div>
      </Collapse>
    </section>
  );
}
