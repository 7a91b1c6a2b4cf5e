import type { FieldDescription, NextCredentialInput, Provider, RegistryInput, RegistryPatch } from '../api/types.ts';
import { parseDuration } from './duration.ts';
import { activeFields, type FieldValue, type RegistryDraft } from './registry-draft.ts';

type ApiFields = NonNullable<RegistryInput['fields']>;
type ApiConnection = NonNullable<RegistryInput['connection']>;

/** The draft as the API takes it. Empty optional members are left out, so that the hub's defaults hold. */
export function toInput(draft: RegistryDraft, provider: Provider): RegistryInput {
  const input: RegistryInput = { name: draft.name.trim(), provider: draft.provider, signIn: draft.signIn };
  if (provider.url.fixed === undefined) input.url = draft.url.trim();
  if (draft.namespace.trim() !== '') input.namespace = draft.namespace.trim();
  if (draft.description.trim() !== '') input.description = draft.description.trim();
  if (draft.isDefault) input.default = true;
  if (draft.prefix.trim() !== '') input.prefix = draft.prefix.trim();
  if (!draft.allProjects) Object.assign(input, { allProjects: false, projects: draft.projects });
  const fields: ApiFields = {};
  for (const field of activeFields(provider, draft.signIn)) {
    const value = apiValue(field, draft.fields[field.name]);
    if (value !== undefined && !isReadElsewhere(draft, field)) fields[field.name] = value;
  }
  if (Object.keys(fields).length > 0) input.fields = fields;
  const sources = sourcesOf(draft, provider);
  if (Object.keys(sources).length > 0) input.sources = sources;
  if (draft.tagOrder !== '') input.tagOrder = draft.tagOrder;
  if (draft.secretEndsOn !== '') input.secretEndsAt = draft.secretEndsOn;
  const connection = connectionOf(draft);
  if (Object.keys(connection).length > 0) input.connection = connection;
  const pinned = pinnedOf(draft);
  if (pinned.length > 0) input.pinnedRepositories = pinned;
  if (draft.trustedRealms.length > 0) input.trustedRealms = draft.trustedRealms;
  const expiry = parseDuration(draft.credentialExpiry);
  if (expiry !== undefined) input.credentialExpirySeconds = expiry;
  return input;
}

/** Only what differs from what is stored. An empty secret is left out, which keeps the stored one. */
export function toPatch(draft: RegistryDraft, before: RegistryDraft, provider: Provider): RegistryPatch {
  const patch: RegistryPatch = {};
  const text = ['name', 'url', 'namespace', 'description', 'prefix'] as const;
  for (const key of text) if (draft[key].trim() !== before[key].trim()) patch[key] = draft[key].trim();
  if (draft.provider !== before.provider) patch.provider = draft.provider;
  if (draft.isDefault && !before.isDefault) patch.default = true;
  if (draft.allProjects !== before.allProjects || (!draft.allProjects && draft.projects.join() !== before.projects.join())) {
    patch.allProjects = draft.allProjects;
    if (!draft.allProjects) patch.projects = draft.projects;
  }
  const methodChanged = draft.signIn !== before.signIn || draft.provider !== before.provider;
  if (methodChanged) patch.signIn = draft.signIn;
  const fields: ApiFields = {};
  for (const field of activeFields(provider, draft.signIn)) {
    const value = apiValue(field, draft.fields[field.name]);
    const stored = apiValue(field, before.fields[field.name]);
    if (field.secret) {
      if (value !== undefined && !isReadElsewhere(draft, field)) fields[field.name] = value;
    } else if (methodChanged ? value !== undefined : value !== stored) fields[field.name] = value ?? null;
  }
  if (Object.keys(fields).length > 0) patch.fields = fields;
  const sources = sourceChanges(draft, before, provider);
  if (Object.keys(sources).length > 0) patch.sources = sources;
  if (draft.tagOrder !== before.tagOrder) patch.tagOrder = draft.tagOrder === '' ? null : draft.tagOrder;
  if (draft.secretEndsOn !== before.secretEndsOn) patch.secretEndsAt = draft.secretEndsOn === '' ? null : draft.secretEndsOn;
  const connection = connectionChanges(draft, before);
  if (Object.keys(connection).length > 0) patch.connection = connection;
  if (pinnedOf(draft).join('\n') !== pinnedOf(before).join('\n')) patch.pinnedRepositories = pinnedOf(draft);
  if (draft.trustedRealms.join() !== before.trustedRealms.join()) patch.trustedRealms = draft.trustedRealms;
  if (draft.credentialExpiry.trim() !== before.credentialExpiry)
    patch.credentialExpirySeconds = parseDuration(draft.credentialExpiry) ?? null;
  return patch;
}

/** Body of `PUT /registries/{registry}/credential/next`: the way of signing in with its fields, as they stand in the form. */
export function toNextCredential(draft: RegistryDraft, provider: Provider): NextCredentialInput {
  const fields: ApiFields = {};
  for (const field of provider.signIn.find((method) => method.method === draft.signIn)?.fields ?? []) {
    const value = apiValue(field, draft.fields[field.name]);
    if (value !== undefined && !isReadElsewhere(draft, field)) fields[field.name] = value;
  }
  const sources = sourcesOf(draft, provider);
  return {
    signIn: draft.signIn,
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(Object.keys(sources).length > 0 && { sources }),
    ...(draft.secretEndsOn !== '' && { secretEndsAt: draft.secretEndsOn }),
  };
}

/** Whether the value of this secret is read elsewhere, so that none is sent. */
function isReadElsewhere(draft: RegistryDraft, field: FieldDescription): boolean {
  return field.secret && draft.sources[field.name] !== undefined;
}

function sourcesOf(draft: RegistryDraft, provider: Provider): Record<string, string> {
  const active = new Set(activeFields(provider, draft.signIn).map((field) => field.name));
  return Object.fromEntries(Object.entries(draft.sources).filter(([name, text]) => active.has(name) && text !== ''));
}

function sourceChanges(draft: RegistryDraft, before: RegistryDraft, provider: Provider): Record<string, string | null> {
  const sources: Record<string, string | null> = {};
  for (const [name, text] of Object.entries(sourcesOf(draft, provider))) if (text !== before.sources[name]) sources[name] = text;
  for (const name of Object.keys(before.sources)) {
    const entered = draft.fields[name] !== undefined && draft.fields[name] !== '';
    // Entering a value ends reading it elsewhere by itself.
    if (draft.sources[name] === undefined && !entered) sources[name] = null;
  }
  return sources;
}

function apiValue(field: FieldDescription, value: FieldValue | undefined): FieldValue | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return value;
  // Keys and passwords may begin or end with blanks on purpose only when they are one line; pasted files end with a newline.
  const trimmed = field.secret && !field.multiline ? value.replace(/[\r\n]+$/, '') : value.trim();
  if (trimmed === '') return undefined;
  return field.type === 'number' ? Number(trimmed) : trimmed;
}

function connectionOf(draft: RegistryDraft): ApiConnection {
  const connection: ApiConnection = {};
  if (draft.tls !== 'verify') connection.tls = draft.tls;
  if (draft.tls === 'ca' && draft.ca.trim() !== '') connection.ca = draft.ca.trim();
  if (draft.clientCert.trim() !== '') connection.clientCertificate = clientCertificateOf(draft);
  if (draft.proxy.trim() !== '') connection.proxy = draft.proxy.trim();
  if (draft.requestsPerSecond.trim() !== '') connection.requestsPerSecond = Number(draft.requestsPerSecond);
  return connection;
}

function clientCertificateOf(draft: RegistryDraft): NonNullable<ApiConnection['clientCertificate']> {
  return {
    cert: draft.clientCert.trim(),
    ...(draft.clientKey.trim() === '' ? {} : { key: draft.clientKey.trim() }),
    ...(draft.clientPassphrase === '' ? {} : { passphrase: draft.clientPassphrase }),
  };
}

function connectionChanges(draft: RegistryDraft, before: RegistryDraft): ApiConnection {
  const connection: ApiConnection = {};
  if (draft.tls !== before.tls) connection.tls = draft.tls;
  if (draft.tls === 'ca' && draft.ca.trim() !== before.ca.trim()) connection.ca = draft.ca.trim();
  const hadCertificate = before.clientCert.trim() !== '';
  if (draft.clientCert.trim() === '') {
    if (hadCertificate) connection.clientCertificate = null;
  } else if (draft.clientCert.trim() !== before.clientCert.trim() || draft.clientKey.trim() !== '' || draft.clientPassphrase !== '') {
    connection.clientCertificate = clientCertificateOf(draft);
  }
  if (draft.proxy.trim() !== before.proxy.trim()) connection.proxy = draft.proxy.trim();
  if (draft.requestsPerSecond.trim() !== before.requestsPerSecond) {
    connection.requestsPerSecond = draft.requestsPerSecond.trim() === '' ? null : Number(draft.requestsPerSecond);
  }
  return connection;
}

function pinnedOf(draft: RegistryDraft): string[] {
  return [
    ...new Set(
      draft.pinned
        .split(/[\n,]+/)
        .map((line) => line.trim())
        .filter(Boolean),
    ),
  ];
}
