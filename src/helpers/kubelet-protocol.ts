import { passwordLogin } from '../cli/clients/client-keys.ts';
import type { CredentialRequest, IssuedCredential } from '../sdk/index.ts';
import type { CredentialSource } from './credentials.ts';
import { HubFailure } from './hub-request.ts';

/** `CredentialProviderRequest` of `credentialprovider.kubelet.k8s.io/v1` (kubernetes/kubelet, pkg/apis/credentialprovider/v1). */
export interface KubeletRequest {
  image: string;
  serviceAccountToken?: string;
  serviceAccountAnnotations: Readonly<Record<string, string>>;
}

export interface KubeletResponse {
  apiVersion: typeof apiVersion;
  kind: 'CredentialProviderResponse';
  cacheKeyType: 'Image' | 'Registry';
  /** Go's text for a duration, e.g. `5h59m30s`; `0s` for no cache. */
  cacheDuration: string;
  auth: Record<string, { username: string; password: string }>;
}

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';

/** Names the registry of the hub whose credential a service account gets. */
export const registryAnnotation = 'tagboat.dev/registry';

/** Longest that the kubelet keeps an answer, in milliseconds, so that a revoked credential does not live on for a day. */
const longestCache = 6 * 60 * 60_000;
/** For stored credentials, whose end nobody knows: a change at the hub is noticed in this time. */
const storedCache = 10 * 60_000;

/** Reads a request. Throws an Error with a sentence for the log of the kubelet, which never quotes the token. */
export function readKubeletRequest(text: string): KubeletRequest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    // The parser's message quotes its input.
    if (error instanceof SyntaxError)
      throw new Error('The request on standard input is not JSON: the kubelet starts this program, not a person.');
    throw error;
  }
  const request = (typeof json === 'object' && json !== null ? json : {}) as Readonly<Record<string, unknown>>;
  if (request.apiVersion !== apiVersion || request.kind !== 'CredentialProviderRequest') {
    throw new Error(
      `The request has apiVersion ${quoted(request.apiVersion)} and kind ${quoted(request.kind)}; this program knows CredentialProviderRequest of ${apiVersion}. Set apiVersion in the CredentialProviderConfig accordingly.`,
    );
  }
  const { image, serviceAccountToken: token, serviceAccountAnnotations: annotations } = request;
  if (typeof image !== 'string' || !hasHost(image)) throw new Error(`The image ${quoted(image)} of the request names no registry.`);
  return {
    image,
    ...(typeof token === 'string' && token !== '' && { serviceAccountToken: token }),
    serviceAccountAnnotations: Object.fromEntries(
      Object.entries(typeof annotations === 'object' && annotations !== null ? annotations : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
  };
}

/** Asks for the credential of an image's registry and says how long the kubelet may keep it. */
export async function answerKubelet(request: KubeletRequest, source: CredentialSource, now: number): Promise<KubeletResponse> {
  const { image, serviceAccountToken: token, serviceAccountAnnotations: annotations } = request;
  const registry = annotations[registryAnnotation];
  const demand: CredentialRequest = {
    reference: image,
    ...(registry !== undefined && registry !== '' && { registry }),
    push: false,
    purpose: 'kubelet',
    ...(token !== undefined && { workload: { token, annotations: { ...annotations } } }),
  };
  const credential = await issue(source, demand);
  if (!credential) return response('Image', 0, {});
  const user = userOf(credential);
  if (!user) return response(keyType(credential, registry), storedCache, {});
  return response(
    keyType(credential, registry),
    cacheTime(credential, now),
    Object.fromEntries(keysOf(credential, image).map((key) => [key, user])),
  );
}

/** An annotation holds for all images of a pod; it says nothing of those that are not of the registry it names. */
async function issue(source: CredentialSource, demand: CredentialRequest): Promise<IssuedCredential | undefined> {
  const { registry, ...byImage } = demand;
  if (registry === undefined) return source.issue(byImage);
  try {
    const credential = await source.issue(demand);
    if (credential) return credential;
  } catch (error) {
    if (error instanceof HubFailure && error.code === 'conflict') return source.issue(byImage);
    throw error;
  }
  throw new Error(
    `The hub has no registry “${registry}” for this token; the annotation ${registryAnnotation} of the service account names it.`,
  );
}

function response(cacheKeyType: KubeletResponse['cacheKeyType'], cache: number, auth: KubeletResponse['auth']): KubeletResponse {
  return { apiVersion, kind: 'CredentialProviderResponse', cacheKeyType, cacheDuration: goDuration(cache), auth };
}

/** The kubelet sends user and password, and knows no identity tokens. */
function userOf(credential: IssuedCredential): { username: string; password: string } | undefined {
  const login = passwordLogin(credential);
  if (login || credential.kind === 'anonymous') return login;
  throw new Error(
    `${credential.registry.name} is signed in to with an identity token, which the kubelet cannot use: sign it in with user name and password or token.`,
  );
}

/** By registry only where the answer holds for every image of the host and for every pod. */
function keyType({ scope, origin, shared, prefixes }: IssuedCredential, registry: string | undefined): 'Image' | 'Registry' {
  const wholeHost = prefixes.every((prefix) => !prefix.includes('/'));
  const forOne = scope.narrowed && scope.repositories.length > 0;
  return wholeHost && !shared && !forOne && origin !== 'workload' && registry === undefined ? 'Registry' : 'Image';
}

/** What the kubelet compares images with: the repository itself where the credential is for that alone. */
function keysOf({ scope, prefixes, hosts }: IssuedCredential, image: string): string[] {
  if (!scope.narrowed || scope.repositories.length === 0) return prefixes;
  const slash = image.indexOf('/');
  const host = image.slice(0, slash).toLowerCase();
  const path = image
    .slice(slash + 1)
    .replace(/@.*$/, '')
    .replace(/:[^/]*$/, '');
  return hosts.includes(host) ? [`${host}/${path}`] : hosts.map((one) => `${one}/${path}`);
}

/** Half of what is left, so that a pod never starts with one that is about to end. */
function cacheTime({ expiresAt, scope }: IssuedCredential, now: number): number {
  if (expiresAt === undefined) return scope.narrowed ? 0 : storedCache;
  return Math.min(Math.max((Date.parse(expiresAt) - now) / 2, 0), longestCache);
}

/** `1h2m3s`, as Go's time.Duration prints and reads it. */
export function goDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** By Docker's rule; the kubelet writes the host of every image. */
function hasHost(image: string): boolean {
  const slash = image.indexOf('/');
  const first = image.slice(0, Math.max(slash, 0));
  return image.length <= 1024 && (first.includes('.') || first.includes(':') || first === 'localhost');
}

const quoted = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 200)) : 'none');
