import type { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { ClientTraits, Credential, Deletable, DeletionTrait, Quota, RegistryClient, VendorDeletion } from '../oci/index.ts';
import type { ProviderHttp } from './http.ts';

/** What a provider can do and how its registry differs from the specification: data, read by every stage. */
export interface Traits extends ClientTraits {
  /** Where the list of repositories comes from: `/v2/_catalog`, the provider's own API, or nowhere (names are pinned). */
  catalog: 'registry' | 'provider' | 'none';
  /** Referrers: the OCI API, the tag schema only, or found out by asking. */
  referrers: 'api' | 'tag-schema' | 'probe';
  /** What deleting a manifest by tag does, or that it is done elsewhere. */
  delete: DeletionTrait;
  /** What the provider's `deleteImage` takes. Set exactly where that is. */
  providerDeletes?: VendorDeletion['grain'];
  /** Whether cross-repository mount can be expected to work. */
  mount: boolean;
  /** A repository has to be created before a push. */
  createRepository: boolean;
  /**
   * What `issueScoped` limits a credential to at the finest. Where that is a namespace (project), the credential opens what is beside the
   * named repositories in it, too; where it is the registry, none is issued for named repositories.
   */
  scopedTo?: 'repository' | 'namespace' | 'registry';
  /** Quota is announced in `ratelimit-*` headers of HEAD manifest. */
  quotaHeaders?: boolean;
  /** Order of `/v2/<name>/tags/list`. */
  tagOrder?: 'lexical' | 'oldest-first';
}

/** Metadata of one settings field. Everything that people see of it derives from here: form, CLI flags, docs. */
export interface FieldMeta {
  label: string;
  /** One or two plain sentences. */
  help?: string;
  /** Where a person finds the value, shown in place. */
  where?: string;
  example?: string;
  /** Sealed at rest, never returned, kept when an edit leaves it empty. */
  secret?: boolean;
  /** Rendered as several lines; accepts an uploaded file. */
  multiline?: boolean;
  /** Folded under "Advanced". */
  advanced?: boolean;
  /** Choices for an enumeration, value → label. */
  options?: Readonly<Record<string, string>>;
  /**
   * For secrets that people make up: blanks at the ends belong to it, so only line ends around it are removed. Without
   * this mark, all white space around a value is taken for an accident of copying.
   */
  verbatim?: boolean;
}

export type Fields = z.ZodObject<Record<string, z.ZodType>>;

/** One way of signing in: its own fields. Methods are offered in the order of the record; the first is the default. */
export interface SignIn<F extends Fields = Fields> {
  title: string;
  help?: string;
  /**
   * The fields that a ready `user:password` pair fills: user, password. Set where the registry itself takes the two, so that a
   * pair that comes from elsewhere (a command, a pull secret, Vault) signs in, lists and is explained as a typed one.
   */
  pair?: readonly [username: string, password: string];
  /**
   * Without secrets entered, the identity of the machine that the hub runs on signs in. That is nobody's own to risk: only an
   * administrator may have it used over a connection that others could read or answer.
   */
  ambient?: true;
  fields: F;
}

type SignInInput<M extends Record<string, SignIn>> = { [K in keyof M & string]: { method: K } & z.output<M[K]['fields']> }[keyof M &
  string];

/** What a provider's functions get. Secrets are plain here: only `provider/`, `providers/` and `credentials/` see them. */
export interface ProviderContext<S extends Fields = Fields, M extends Record<string, SignIn> = Record<string, SignIn>> {
  /** Base URL of the registry, normalised. */
  url: URL;
  settings: z.output<S>;
  signIn: SignInInput<M>;
  /** The person's namespace, organisation or project, without slashes around it; absent or empty for none. */
  namespace?: string;
  /** Calls to the provider's own API: the registry's TLS, proxy and address guard, with retries and size limits. */
  http: ProviderHttp;
  /**
   * Base URLs that stand in for the provider's public services (private endpoints, gateways, tests), by the names of
   * `Provider.endpoints`. Use `endpointOf()`.
   */
  endpoints?: Readonly<Record<string, string>>;
  clock: Clock;
  signal?: AbortSignal;
}

/** Context of listing calls: the registry itself can be asked as well. */
export interface CatalogContext<S extends Fields = Fields, M extends Record<string, SignIn> = Record<string, SignIn>>
  extends ProviderContext<S, M> {
  client: RegistryClient;
  credential: () => Promise<Credential>;
}

export interface RepositoryInfo {
  /** Name as used in `/v2/<name>/`. */
  name: string;
  createdAt?: number;
  updatedAt?: number;
  tagCount?: number;
  pullCount?: number;
  description?: string;
  public?: boolean;
}

export interface TagInfo {
  name: string;
  digest?: string;
  /** Epoch milliseconds. */
  pushedAt?: number;
  createdAt?: number;
  pulledAt?: number;
  /** Bytes, compressed, of what the tag points to (an index: the sum is not known, so absent). */
  size?: number;
  mediaType?: string;
  artifactType?: string;
  platforms?: readonly string[];
}

/** What a credential that is handed out has to be good for, and nothing more. */
export interface CredentialScope {
  /** Names as used in `/v2/<name>/`; empty for the whole registry, or the registry's namespace. */
  repositories: readonly string[];
  /** Pushing too; pulling always. */
  push: boolean;
  /** Milliseconds that it should last; the provider takes the nearest that it can. */
  lifetime: number;
}

/** A Kubernetes service account that asks in its own name. */
export interface Workload {
  /** Projected service-account token (JWT), as the kubelet made it for this use. */
  token: string;
  /** Annotations of the service account that the kubelet was told to pass on. */
  annotations: Readonly<Record<string, string>>;
}

/** One page of a listing. `total` where the provider says it. */
export interface ListPage<T> {
  items: readonly T[];
  total?: number;
}

/** A failure in the words of this provider's users. */
export interface Explanation {
  /** What it means here. */
  message: string;
  /** What to do next. */
  help: string;
  /** Field of the form at fault, as a path in the request body: `fields.password`, `namespace`, `signIn`, … */
  field?: string;
}

/** The URL field of the form. */
export interface UrlField {
  label?: string;
  example: string;
  help?: string;
  /** The provider has one address: the field is not asked for. */
  fixed?: string;
}

/** The namespace field of the form, in the provider's word for it. Without this the field is plain "Namespace". */
export interface NamespaceField {
  label: string;
  help?: string;
  example?: string;
}

/** A product or public registry that a provider serves as it is, and what to enter for it. Data for detection, form, errors and docs. */
export interface Preset {
  title: string;
  /** Its one address; absent for what people run themselves. */
  url?: string;
  /** The way of signing in that it takes. */
  signIn?: string;
  /** What everybody enters there, by field: no secrets. */
  fields?: Readonly<Record<string, string>>;
  /** What to sign in with and where it is found, in sentences. Said when it refuses, too. */
  help: string;
}

export interface Provider<S extends Fields = Fields, M extends Record<string, SignIn> = Record<string, SignIn>> {
  /** Stable identifier, stored with every registry: `ecr`, `dockerhub`, … */
  id: string;
  title: string;
  /** Inline SVG mark, 24 × 24, `currentColor` or own colours; drawn by us, no trademark artwork. */
  icon: string;
  /** Documentation page below `docs/`. */
  docs: string;
  /** Order in the picker; lower first. Default 100. */
  rank?: number;
  url: UrlField;
  /** What a namespace is here; absent where there is nothing of the kind. */
  namespace?: NamespaceField;
  /** Detection by lower-cased hostname without port. Anchored, without nested quantifiers. */
  hosts: readonly RegExp[];
  /** Products and public registries that need no provider of their own, by what they are called. */
  presets?: readonly Preset[];
  /** What else answers `/v2/` just so, said where the answer alone told: nobody is to take a guess for knowledge. */
  lookalikes?: readonly string[];
  /** Detection by the challenge of `/v2/`, after hosts: realm, service and headers of the answer. */
  recognises?: (answer: { realm?: URL; service?: string; headers: Readonly<Record<string, string>> }) => boolean;
  /** Normalises what people type (docker.io → registry-1.docker.io). Default: as it is. */
  normaliseUrl?: (url: URL) => URL;
  /** Hosts that stand for this registry in image references, when they are not the URL's host (docker.io). */
  referenceHosts?: (url: URL) => readonly string[];
  /** The namespace, organisation or project that a pasted URL names, e.g. `https://hub.docker.com/u/acme`. */
  inferNamespace?: (url: URL) => string | undefined;
  /** Fields that are asked for whatever the way of signing in. */
  settings: S;
  signIn: M;
  /** Fills fields from what the URL says (region, account). */
  inferSettings?: (url: URL) => Readonly<Record<string, string>>;
  traits: Traits;
  /**
   * Token servers off the registry's own origin that stored credentials may be sent to. Tested by `trustsRealm()` against
   * the lower-cased hostname of an https realm on its default port. Anchored, like `hosts`.
   */
  realms?: readonly RegExp[];
  /** The provider's public services beside the registry: name → base URL. `ProviderContext.endpoints` replaces them. */
  endpoints?: Readonly<Record<string, string>>;
  /** Issues what is presented to the registry or its token server. `expiresAt` drives the refresh. */
  issueCredential(ctx: ProviderContext<S, M>): Promise<Credential>;
  /**
   * A short-lived credential that can do no more than `scope` (at the grain of `traits.scopedTo`), made by the registry or its cloud.
   * `undefined` when this way of signing in cannot make one. Its `expiresAt` is set. Repeated calls leave nothing behind that piles up.
   */
  issueScoped?(ctx: ProviderContext<S, M>, scope: CredentialScope): Promise<Credential | undefined>;
  /**
   * A credential for a Kubernetes service account by the cloud's own federation (`eks.amazonaws.com/role-arn`, …), from its token
   * alone: nothing of the registry's stored secrets or the machine's identity is used. `undefined` when the annotations name nothing.
   */
  issueForWorkload?(ctx: ProviderContext<S, M>, workload: Workload): Promise<Credential | undefined>;
  /**
   * When the stored secrets end that cannot renew themselves (tokens, robots, keys), by field, epoch milliseconds. Asked about hourly.
   * Fields whose end the vendor does not tell are left out; `undefined` in a field says that it never ends.
   */
  secretEnds?(ctx: ProviderContext<S, M>): Promise<Readonly<Record<string, number | undefined>>>;
  /**
   * Makes a repository (or the project or namespace that has to be there) so that a push to it works. Answers whether it was
   * made or was there; two callers at once both succeed. Set exactly where `traits.createRepository` is.
   *
   * @throws UnsupportedError where this way of signing in can make nothing: a push may work all the same, in a namespace that allows it
   */
  createRepository?(ctx: CatalogContext<S, M>, repository: string): Promise<'created' | 'exists'>;
  /**
   * Deletes one tag and no other, or a manifest with all of its tags, by the vendor's own API. Set only where `traits.delete` is `provider`,
   * exactly where that API is known; `traits.providerDeletes` says which of the two it takes.
   *
   * @throws RegistryError `registry_not_found` for what is not there or not to be seen, `registry_denied` with the missing permission in
   *   its words; UnsupportedError for what the API cannot do, or not by this way of signing in
   */
  deleteImage?(ctx: CatalogContext<S, M>, repository: string, what: Deletable): Promise<void>;
  /** Default: `/v2/_catalog`. */
  listRepositories?(ctx: CatalogContext<S, M>): AsyncIterable<ListPage<RepositoryInfo>>;
  /** Default: `/v2/<name>/tags/list`. */
  listTags?(ctx: CatalogContext<S, M>, repository: string): AsyncIterable<ListPage<TagInfo>>;
  /** Reads the quota where it costs nothing. Default: the client's last seen headers. */
  readQuota?(ctx: CatalogContext<S, M>): Promise<Quota | undefined>;
  /** Names that the doctor may read when the person named none, e.g. Docker Hub's `ratelimitpreview/test`. */
  probeRepository?: string;
  /** This provider's usual errors, in its users' words. */
  explain?(error: unknown, ctx: { signIn: string }): Explanation | undefined;
}

/** Any provider, its own field types forgotten. */
export type AnyProvider = Provider<Fields, Record<string, SignIn>>;

/**
 * Declares a provider: one plain object in one file below `providers/`, exported as `provider`. Form, CLI flags, validation,
 * redaction, detection and docs derive from it; nothing else has to change.
 */
export function defineProvider<S extends Fields, M extends Record<string, SignIn>>(provider: Provider<S, M>): AnyProvider {
  return provider as unknown as AnyProvider;
}
