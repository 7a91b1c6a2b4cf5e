import type { Problem, Provider } from '../api/types.ts';
import { parseDuration } from './duration.ts';
import { activeFields, type RegistryDraft } from './registry-draft.ts';
import { isCompleteSource } from './sources.ts';

/** Messages by the path of the field in the request body: `name`, `fields.password`, `connection.ca`. */
export type FieldErrors = Readonly<Record<string, string>>;

/** What can be said without asking the hub. `stored` names the secrets that are kept when left empty. */
export function checkDraft(draft: RegistryDraft, provider: Provider, stored: readonly string[] = []): FieldErrors {
  const errors: Record<string, string> = {};
  if (draft.name.trim() === '') errors.name = 'Give it a name that your team knows it by.';
  if (provider.url.fixed === undefined && draft.url.trim() === '') errors.url = `Enter the address, like ${provider.url.example}`;
  for (const field of activeFields(provider, draft.signIn)) {
    const value = draft.fields[field.name];
    const empty = value === undefined || (typeof value === 'string' && value.trim() === '');
    const source = field.secret ? draft.sources[field.name] : undefined;
    if (source !== undefined) {
      if (!isCompleteSource(source)) errors[`sources.${field.name}`] = 'Say where it is read.';
      continue;
    }
    if (field.name === 'source' && draft.signIn === 'external') {
      if (typeof value !== 'string' || !isCompleteSource(value)) errors['fields.source'] = 'Say where it is read.';
      continue;
    }
    // The address answers it, or the hub says that it does not.
    if (field.fromUrl) continue;
    if (field.required && empty && !(field.secret && stored.includes(field.name)))
      errors[`fields.${field.name}`] = `${field.label} is needed.`;
    if (!empty && field.type === 'number' && Number.isNaN(Number(value))) errors[`fields.${field.name}`] = `${field.label} is a number.`;
  }
  if (draft.tls === 'ca' && draft.ca.trim() === '') errors['connection.ca'] = 'Paste or upload the certificate of the authority.';
  const rate = draft.requestsPerSecond.trim();
  if (rate !== '' && !(Number(rate) > 0)) errors['connection.requestsPerSecond'] = 'A number above 0, or empty for no limit.';
  const expiry = draft.credentialExpiry.trim();
  if (expiry !== '' && (parseDuration(expiry) ?? 0) < 60) errors.credentialExpirySeconds = 'A time of a minute or more, like 10h or 90m.';
  if (!draft.allProjects && draft.projects.length === 0) errors.projects = 'Choose at least one project, or all.';
  return errors;
}

/** The hub's own messages, by field. */
export function problemFields(problem: Problem | undefined): FieldErrors {
  const errors: Record<string, string> = {};
  for (const each of problem?.fields ?? []) errors[each.field] ??= each.message;
  if (problem?.field !== undefined) errors[problem.field] ??= problem.detail;
  return errors;
}

const advancedPaths = [
  'connection',
  'prefix',
  'projects',
  'allProjects',
  'credentialExpirySeconds',
  'pinnedRepositories',
  'trustedRealms',
  'description',
  'tagOrder',
  'secretEndsAt',
];

/** Whether one of the fields at fault is folded away under “Advanced”. */
export function hasAdvancedError(errors: FieldErrors, provider: Provider, signIn: string): boolean {
  const folded = new Set(
    activeFields(provider, signIn)
      .filter((field) => field.advanced)
      .map((field) => `fields.${field.name}`),
  );
  return Object.keys(errors).some(
    (path) =>
      folded.has(path.replace(/^sources\./, 'fields.')) || advancedPaths.some((start) => path === start || path.startsWith(`${start}.`)),
  );
}
