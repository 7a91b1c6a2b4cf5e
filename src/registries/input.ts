import { type FieldError, InvalidSettings } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { type CheckedFields, checkFields } from '../provider/settings.ts';
import type { ProviderSet } from '../provider/set.ts';
import { type Address, resolveAddress } from './address.ts';
import { checkConnection } from './connection.ts';
import type { RegistryDraft } from './draft.ts';
import { nameProblem } from './name.ts';
import { defaultPrefix, parsePrefix } from './prefix.ts';
import { parseTrustedRealm } from './realms.ts';
import { sourcesOf } from './readings.ts';
import { exposedIdentity, exposedSecrets, exposedSources } from './safeguard.ts';
import type { RegistryInput, RegistryPatch, SecretValue, TagOrder } from './types.ts';

export interface ResolveOptions {
  providers: ProviderSet;
  /** The registry that is edited. */
  stored?: RegistryDraft;
  /** Whether an administrator asks: only they confirm realms and weaken connections of stored secrets. */
  administrator: boolean;
  reveal: (name: string, value: SecretValue) => Secret<string>;
  /** Throws InvalidSettings for a reference to a secret that is kept elsewhere, when this hub cannot read it. */
  checkSource?: (reference: string) => void;
}

const repositoryName = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/**
 * Checks what a person entered, alone or as changes to a stored registry, and makes of it what can be saved or tested.
 *
 * @throws InvalidSettings with every field at fault, not only the first.
 */
export function resolveInput(input: RegistryInput | RegistryPatch, options: ResolveOptions): RegistryDraft {
  const { stored } = options;
  const errors: FieldError[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      errors.push(...error.fields);
      return undefined;
    }
  };
  const fail = () => new InvalidSettings(summary(errors), errors);

  const name = (input.name ?? stored?.name ?? '').trim();
  const wrongName = nameProblem(name);
  if (wrongName) errors.push({ field: 'name', message: wrongName });

  const address = attempt(() => resolveAddress(addressInput(input, stored), options.providers));
  // Everything that follows depends on the provider, which is known by the address.
  if (!address) throw fail();
  const { provider, url, tls } = address;

  const connection = checkConnection(input.connection ?? {}, tls, stored, options.reveal);
  errors.push(...connection.errors);
  const fields = attempt(() => checkFields(provider, fieldsInput(input, stored, address)));

  const draft: RegistryDraft = {
    ...(stored?.id !== undefined && { id: stored.id }),
    name,
    provider,
    url,
    prefix: attempt(() => prefixOf(input, stored, address)) ?? '',
    namespace: namespaceOf(input, stored, address, errors),
    description: descriptionOf(input, stored, errors),
    signIn: fields?.signIn ?? '',
    settings: fields?.settings ?? {},
    secrets: { ...(fields && secretsOf(fields, stored)), ...connection.secrets },
    sources: fields?.sources ?? {},
    connection: connection.connection,
    pinnedRepositories: pinnedOf(input, stored, errors),
    trustedRealms: realmsOf(input, stored, options.administrator, url, errors),
    ...expiryOf(input, stored),
    ...tagOrderOf(input, stored),
    ...secretEndOf(input, stored, errors),
    ...projectsOf(input, stored),
  };
  if (stored) errors.push(...exposedSecrets(stored, draft, options.administrator));
  errors.push(...exposedIdentity(stored, draft, options.administrator));
  const foreign = exposedSources(stored, draft, options.administrator);
  errors.push(...(foreign.length > 0 ? foreign : wrongSources(stored, draft, options.checkSource)));
  if (errors.length > 0) throw fail();
  return draft;
}

function summary(errors: readonly FieldError[]): string {
  const [first] = errors;
  return errors.length === 1 && first ? first.message : `${errors.length} fields have to be corrected.`;
}

function addressInput(input: RegistryPatch, stored: RegistryDraft | undefined) {
  return {
    ...(input.url !== undefined && { url: input.url }),
    ...(input.connection?.tls !== undefined && { tls: input.connection.tls }),
    ...(input.provider !== undefined && input.provider !== '' && { provider: input.provider }),
    hasCa: Boolean(input.connection?.ca?.trim()),
    ...(stored && { stored: { url: stored.url, tls: stored.connection.tls, provider: stored.provider.id } }),
  };
}

function fieldsInput(input: RegistryPatch, stored: RegistryDraft | undefined, { provider, url }: Address) {
  const kept = stored?.provider.id === provider.id ? stored : undefined;
  return {
    ...(input.signIn && { signIn: input.signIn }),
    ...(input.fields && { fields: input.fields }),
    ...(input.sources && { sources: input.sources }),
    url,
    ...(kept && {
      stored: { signIn: kept.signIn, settings: kept.settings, secrets: Object.keys(kept.secrets), sources: kept.sources },
    }),
  };
}

/** References that are new; what is stored may have been set up for a hub that is run in another way now. */
function wrongSources(stored: RegistryDraft | undefined, draft: RegistryDraft, check: ResolveOptions['checkSource']): FieldError[] {
  const known = stored ? sourcesOf(stored).map(({ source }) => source) : [];
  return sourcesOf(draft).flatMap(({ field, source }) => {
    if (known.includes(source)) return [];
    try {
      check?.(source);
      return [];
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      return [{ field, message: error.message }];
    }
  });
}

function secretsOf(fields: CheckedFields, stored: RegistryDraft | undefined): Record<string, SecretValue> {
  const secrets: Record<string, SecretValue> = {};
  for (const [name, text] of Object.entries(fields.secrets)) secrets[name] = { fresh: new Secret(text) };
  for (const name of fields.keptSecrets) {
    const kept = stored?.secrets[name];
    if (kept) secrets[name] = kept;
  }
  return secrets;
}

function prefixOf(input: RegistryPatch, stored: RegistryDraft | undefined, { provider, url, namePath }: Address): string {
  const fallback = defaultPrefix(url, provider, namePath || undefined);
  if (input.prefix !== undefined) return input.prefix.trim() === '' ? fallback : parsePrefix(input.prefix);
  if (!stored || namePath !== '') return fallback;
  const moved = stored.url.host !== url.host || stored.url.pathname !== url.pathname;
  // A prefix that nobody chose follows the address.
  return moved && stored.prefix === defaultPrefix(stored.url, stored.provider) ? fallback : stored.prefix;
}

function namespaceOf(input: RegistryPatch, stored: RegistryDraft | undefined, address: Address, errors: FieldError[]): string {
  const inferred = address.namespace ?? (address.namePath || undefined);
  const text = (
    input.namespace ??
    (input.url === undefined || inferred === undefined ? stored?.namespace : undefined) ??
    inferred ??
    ''
  ).trim();
  const namespace = text.replace(/^\/+|\/+$/g, '');
  if (namespace !== '' && !/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,255}$/.test(namespace)) {
    errors.push({ field: 'namespace', message: 'A namespace holds letters, digits and . _ - : / only.' });
  }
  return namespace;
}

function descriptionOf(input: RegistryPatch, stored: RegistryDraft | undefined, errors: FieldError[]): string {
  const description = (input.description ?? stored?.description ?? '').trim();
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(description)) {
    errors.push({ field: 'description', message: 'The description contains control characters.' });
  }
  return description;
}

function pinnedOf(input: RegistryPatch, stored: RegistryDraft | undefined, errors: FieldError[]): readonly string[] {
  if (!input.pinnedRepositories) return stored?.pinnedRepositories ?? [];
  const names = input.pinnedRepositories.map((name) => name.trim()).filter(Boolean);
  const wrong = names.find((name) => name.length > 255 || !repositoryName.test(name));
  if (wrong !== undefined) {
    const shown = wrong.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
    errors.push({
      field: 'pinnedRepositories',
      message: `“${shown}” is not a repository name: lower-case letters and digits, with . _ - between and / as separator, without host and tag.`,
    });
  }
  return [...new Set(names)];
}

function realmsOf(
  input: RegistryPatch,
  stored: RegistryDraft | undefined,
  administrator: boolean,
  url: URL,
  errors: FieldError[],
): readonly string[] {
  const before = stored?.trustedRealms ?? [];
  // Confirmed for one registry, not for whatever the address is changed to.
  if (!input.trustedRealms) return stored && stored.url.host !== url.host ? [] : before;
  const origins: string[] = [];
  for (const text of input.trustedRealms) {
    try {
      origins.push(parseTrustedRealm(text, url));
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      errors.push(...error.fields);
    }
  }
  const added = origins.find((origin) => !before.includes(origin));
  if (added !== undefined && !administrator) {
    errors.push({ field: 'trustedRealms', message: `Only an administrator may confirm that the credential is sent to ${added}.` });
  }
  return [...new Set(origins)];
}

function expiryOf(input: RegistryPatch, stored: RegistryDraft | undefined): { credentialExpiry?: number } {
  const { credentialExpirySeconds: seconds } = input;
  if (seconds === null) return {};
  const milliseconds = seconds === undefined ? stored?.credentialExpiry : seconds * 1000;
  return milliseconds === undefined ? {} : { credentialExpiry: milliseconds };
}

function tagOrderOf({ tagOrder }: RegistryPatch, stored: RegistryDraft | undefined): { tagOrder?: TagOrder } {
  const chosen = tagOrder === undefined ? stored?.tagOrder : tagOrder;
  return chosen ? { tagOrder: chosen } : {};
}

function secretEndOf(input: RegistryPatch, stored: RegistryDraft | undefined, errors: FieldError[]): { secretEndsAt?: number } {
  const { secretEndsAt: text } = input;
  if (text === null || text === '') return {};
  if (text === undefined) return stored?.secretEndsAt === undefined ? {} : { secretEndsAt: stored.secretEndsAt };
  const at = Date.parse(text);
  if (Number.isNaN(at)) errors.push({ field: 'secretEndsAt', message: 'The end of the secret is not a date. Write it as 2027-01-31.' });
  return { secretEndsAt: at };
}

function projectsOf(input: RegistryPatch, stored: RegistryDraft | undefined): { allProjects: boolean; projects: readonly string[] } {
  const allProjects = input.allProjects ?? (input.projects && input.projects.length > 0 ? false : (stored?.allProjects ?? true));
  return { allProjects, projects: allProjects ? [] : (input.projects ?? stored?.projects ?? []) };
}
