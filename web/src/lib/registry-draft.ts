import type { Detection, DoctorOffer, FieldDescription, Provider, Registry, TagOrder, TlsMode } from '../api/types.ts';
import { writeDuration } from './duration.ts';

export type FieldValue = string | number | boolean;

/** What stands in the form, as typed. Secrets live here and nowhere else, and only while the form is open. */
export interface RegistryDraft {
  provider: string;
  name: string;
  url: string;
  namespace: string;
  description: string;
  isDefault: boolean;
  signIn: string;
  /** Provider fields and the fields of every sign-in method, by name. */
  fields: Record<string, FieldValue>;
  /** Secret field → where its value is read, `env:NAME`; such a field has no value here. An empty text is a place not said yet. */
  sources: Record<string, string>;
  tls: TlsMode;
  ca: string;
  clientCert: string;
  clientKey: string;
  clientPassphrase: string;
  proxy: string;
  requestsPerSecond: string;
  prefix: string;
  allProjects: boolean;
  projects: string[];
  credentialExpiry: string;
  /** One repository a line. */
  pinned: string;
  trustedRealms: string[];
  tagOrder: TagOrder | '';
  /** Day, `2026-12-31`; empty where nobody said it. */
  secretEndsOn: string;
}

export function emptyDraft(provider: Provider): RegistryDraft {
  return {
    provider: provider.id,
    name: '',
    url: provider.url.fixed ?? '',
    namespace: '',
    description: '',
    isDefault: false,
    signIn: provider.signIn[0]?.method ?? '',
    fields: defaultsOf(provider),
    sources: {},
    tls: 'verify',
    ca: '',
    clientCert: '',
    clientKey: '',
    clientPassphrase: '',
    proxy: '',
    requestsPerSecond: '',
    prefix: '',
    allProjects: true,
    projects: [],
    credentialExpiry: '',
    pinned: '',
    trustedRealms: [],
    tagOrder: '',
    secretEndsOn: '',
  };
}

/** A saved registry as a draft; secrets are empty, which means kept. */
export function draftOf(registry: Registry): RegistryDraft {
  const { connection } = registry;
  return {
    provider: registry.provider,
    name: registry.name,
    url: registry.url,
    namespace: registry.namespace,
    description: registry.description,
    isDefault: registry.default,
    signIn: registry.signIn,
    fields: Object.fromEntries(
      Object.entries(registry.settings).filter((entry): entry is [string, FieldValue] =>
        ['string', 'number', 'boolean'].includes(typeof entry[1]),
      ),
    ),
    sources: { ...registry.sources },
    tls: connection.tls,
    ca: connection.ca ?? '',
    clientCert: connection.clientCertificate?.cert ?? '',
    clientKey: '',
    clientPassphrase: '',
    proxy: connection.proxy ?? '',
    requestsPerSecond: connection.requestsPerSecond === undefined ? '' : String(connection.requestsPerSecond),
    prefix: registry.prefix,
    allProjects: registry.allProjects,
    projects: [...registry.projects],
    credentialExpiry: registry.credentialExpirySeconds === undefined ? '' : writeDuration(registry.credentialExpirySeconds),
    pinned: registry.pinnedRepositories.join('\n'),
    trustedRealms: [...registry.trustedRealms],
    tagOrder: registry.tagOrder ?? '',
    secretEndsOn: registry.secretEndsAt?.slice(0, 10) ?? '',
  };
}

function defaultsOf(provider: Provider): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const field of [...provider.fields, ...provider.signIn.flatMap((method) => method.fields)]) {
    if (field.default !== undefined) fields[field.name] = field.default;
  }
  return fields;
}

/** The fields that this way of signing in needs: the provider's, then the method's. */
export function activeFields(provider: Provider, signIn: string): FieldDescription[] {
  return [...provider.fields, ...(provider.signIn.find((method) => method.method === signIn)?.fields ?? [])];
}

/**
 * The draft without what the URL says otherwise: such fields are not asked for, and what stands in them may be of the address
 * before.
 */
export function withInferred(draft: RegistryDraft, inferred: Readonly<Record<string, string>>): RegistryDraft {
  const stale = Object.keys(draft.fields).filter((name) => inferred[name] !== undefined && String(draft.fields[name]) !== inferred[name]);
  if (stale.length === 0) return draft;
  return { ...draft, fields: Object.fromEntries(Object.entries(draft.fields).filter(([name]) => !stale.includes(name))) };
}

/** Another provider keeps what is not the provider's: name, connection, projects. */
export function changeProvider(draft: RegistryDraft, provider: Provider): RegistryDraft {
  const fresh = emptyDraft(provider);
  return {
    ...draft,
    provider: fresh.provider,
    url: provider.url.fixed ?? draft.url,
    signIn: fresh.signIn,
    fields: fresh.fields,
    sources: {},
  };
}

/** Fills in what was recognised in pasted text. What was typed before stays where the text says nothing. */
export function applyDetection(draft: RegistryDraft, detection: Detection, provider: Provider): RegistryDraft {
  const base = detection.provider !== undefined && detection.provider !== draft.provider ? changeProvider(draft, provider) : draft;
  const method = detection.signIn ?? methodFor(provider, Object.keys(detection.fields)) ?? base.signIn;
  return {
    ...base,
    url: provider.url.fixed ?? detection.url ?? base.url,
    namespace: detection.namespace ?? base.namespace,
    name: base.name === '' ? (detection.name ?? '') : base.name,
    signIn: method,
    fields: { ...base.fields, ...detection.fields },
  };
}

/** The first way of signing in that has all of the fields that were found. */
function methodFor(provider: Provider, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return provider.signIn.find((method) => method.fields.some((field) => names.includes(field.name)))?.method;
}

/** Takes up a change that the doctor offered. */
export function applyOffer(draft: RegistryDraft, offer: DoctorOffer): RegistryDraft {
  switch (offer.kind) {
    case 'trust-ca':
      return { ...draft, tls: 'ca', ca: draft.ca.trim() === '' ? offer.pem : `${draft.ca.trim()}\n${offer.pem}` };
    case 'trust-realm':
      return draft.trustedRealms.includes(offer.origin) ? draft : { ...draft, trustedRealms: [...draft.trustedRealms, offer.origin] };
    case 'use-plain-http':
      return { ...draft, tls: 'plain', url: draft.url.replace(/^https:/i, 'http:') };
    case 'use-https':
      return { ...draft, tls: 'verify', url: draft.url.replace(/^http:/i, 'https:') };
    case 'set-namespace':
      return draft;
  }
}
