import type { IssuedCredential } from '../../sdk/index.ts';
import { UsageError } from '../errors.ts';
import { dockerHubServer, passwordLogin } from './client-keys.ts';

export type PullSecretType = 'dockerconfigjson' | 'dockercfg';

export interface PullSecretOptions {
  namespace: string;
  /** Default: the registry's name, made fit. */
  name?: string;
  type: PullSecretType;
  /** Who renders it, and where: `ana at https://tagboat.acme.io`. */
  renderedBy: string;
  /** ISO 8601. */
  renderedAt: string;
}

/** A Kubernetes Secret, as the API server takes it. */
export interface SecretManifest {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: { name: string; namespace: string; labels: Record<string, string>; annotations: Record<string, string> };
  type: `kubernetes.io/${PullSecretType}`;
  data: Record<string, string>;
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * A pull secret of a credential. Values are encoded as JSON by an encoder, then base64: a password may hold any character.
 *
 * @throws UsageError for names that Kubernetes refuses, and for a credential that the kubelet cannot use
 */
export function pullSecret(credential: IssuedCredential, options: PullSecretOptions): SecretManifest {
  const { namespace, type } = options;
  const { registry } = credential;
  if (!label.test(namespace))
    throw new UsageError(`“${namespace}” cannot be a namespace.`, 'Lower-case letters, digits and dashes are allowed, 63 at most.');
  const name = options.name ?? fitName(registry.name);
  if (!subdomain.test(name))
    throw new UsageError(`“${name}” cannot be the name of a secret.`, 'Lower-case letters, digits, dashes and dots are allowed.');
  const auths = Object.fromEntries(pullSecretKeys(credential).map((key) => [key, entryOf(credential)]));
  const content = JSON.stringify(type === 'dockercfg' ? auths : { auths });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'tagboat' },
      annotations: {
        'tagboat.dev/registry': registry.name,
        'tagboat.dev/rendered-by': options.renderedBy,
        'tagboat.dev/rendered-at': options.renderedAt,
        ...(credential.expiresAt !== undefined && { 'tagboat.dev/expires-at': credential.expiresAt }),
      },
    },
    type: `kubernetes.io/${type}`,
    data: { [`.${type}`]: Buffer.from(content).toString('base64') },
  };
}

/**
 * What the kubelet compares an image with: Docker Hub goes by its old URL, others by their host; a path is added where only a
 * part of the host belongs to the registry.
 */
export function pullSecretKeys({ prefixes, hosts }: Pick<IssuedCredential, 'prefixes' | 'hosts'>): string[] {
  if (!hosts.includes('docker.io')) return prefixes;
  const paths = prefixes.filter((prefix) => prefix.startsWith('docker.io/'));
  return paths.length > 0 ? paths : [dockerHubServer];
}

function entryOf(credential: IssuedCredential): { username: string; password: string; auth: string } {
  const login = passwordLogin(credential);
  if (login) return { ...login, auth: Buffer.from(`${login.username}:${login.password}`).toString('base64') };
  const { registry, kind, scope } = credential;
  if (kind === 'anonymous')
    throw new UsageError(`There is nothing to put into a secret: ${scope.reason ?? `${registry.name} needs no sign-in.`}`);
  throw new UsageError(
    `${registry.name} is signed in to with an identity token, which the kubelet cannot use.`,
    'Sign the registry in to with user name and password or token.',
  );
}

function fitName(name: string): string {
  const tidy = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 240);
  return tidy === '' ? 'registry-pull' : `${tidy}-pull`;
}
