import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError } from '../../oci/content-error.ts';
import { parseDockerConfig } from '../../oci/docker-config.ts';
import { field, type JsonObject, parseJson } from '../../oci/json.ts';
import { printable } from '../../oci/text.ts';
import { callService, objectAt, type SecretAnswer, textAt } from './bounded-http.ts';
import { readSecretFile, textOf } from './file.ts';
import { type ClusterAccess, readKubeconfig } from './kubeconfig.ts';
import type { CredentialSourceOptions } from './options.ts';
import { matchesPattern, splitField } from './reference.ts';
import { failed, refused, type Source, type SourceContent } from './source.ts';

const defaultServiceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

interface SecretReference {
  namespace: string;
  name: string;
  field?: string;
}

type KubernetesOptions = Pick<CredentialSourceOptions, 'namespaces' | 'kubeconfig' | 'env' | 'serviceAccount' | 'lookup'>;

/** `secret:namespace/name#field`: a field of a Kubernetes secret; all of them without `#field`. */
export function kubernetesSecretSource(options: KubernetesOptions): Source {
  const parse = (rest: string) => parseReference(rest, 'secret', options);
  return {
    title: 'Kubernetes secret',
    example: 'secret:ci/registry#password',
    ready: () => checkCluster(options),
    check(rest) {
      parse(rest);
      checkCluster(options);
    },
    describe: (rest) => `Kubernetes secret ${rest}`,
    async read(rest, { signal }) {
      const reference = parse(rest);
      const { data } = await readSecret(reference, options, signal);
      const { field: wanted } = reference;
      if (wanted === undefined) return { kind: 'fields', fields: textFields(data) };
      const encoded = textAt(data, wanted);
      if (encoded === undefined) {
        throw failed(`The Kubernetes secret ${full(reference)} has no field ${wanted}. It has: ${fieldNames(data)}.`);
      }
      const text = decode(encoded);
      if (text === undefined) throw failed(`The field ${wanted} of the Kubernetes secret ${full(reference)} is binary, not text.`);
      return { kind: 'text', text };
    },
  };
}

/** `pullsecret:namespace/name`: a Kubernetes pull secret of either type; the entry is chosen by host, and path where there are several. */
export function pullSecretSource(options: KubernetesOptions): Source {
  const parse = (rest: string) => parseReference(rest, 'pullsecret', options);
  return {
    title: 'Kubernetes pull secret',
    example: 'pullsecret:ci/registry',
    ready: () => checkCluster(options),
    check(rest) {
      parse(rest);
      checkCluster(options);
    },
    describe: (rest) => `pull secret ${rest}`,
    async read(rest, { signal }) {
      const reference = parse(rest);
      const { data } = await readSecret(reference, options, signal);
      return pullSecretContent(data, full(reference));
    },
  };
}

function pullSecretContent(data: JsonObject, name: string): SourceContent {
  const current = textAt(data, '.dockerconfigjson');
  const legacy = textAt(data, '.dockercfg');
  const text = decode(current ?? legacy ?? '');
  if (current === undefined && legacy === undefined) {
    throw failed(
      `The Kubernetes secret ${name} is no pull secret: it has neither .dockerconfigjson nor .dockercfg. Read one of its fields with secret:${name}#<field>.`,
    );
  }
  try {
    const json = parseJson(Buffer.from(text ?? ''), 'It');
    return {
      kind: 'docker-config',
      config: parseDockerConfig(json, `The pull secret ${name}`, current === undefined ? 'legacy' : 'config'),
    };
  } catch (error) {
    if (error instanceof ContentError)
      throw failed(`The pull secret ${name} does not hold valid JSON. Make it again with kubectl create secret docker-registry.`);
    throw error;
  }
}

// Names as Kubernetes has them: RFC 1123 labels and subdomains.
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const key = /^[A-Za-z0-9._-]{1,253}$/;

function parseReference(rest: string, scheme: 'secret' | 'pullsecret', { namespaces }: KubernetesOptions): SecretReference {
  const { path, field: wanted } = scheme === 'secret' ? splitField(rest) : { path: rest };
  const [namespace = '', name = '', ...more] = path.split('/');
  if (!label.test(namespace) || !subdomain.test(name) || more.length > 0 || (wanted !== undefined && !key.test(wanted))) {
    const form = scheme === 'secret' ? 'secret:namespace/name#field' : 'pullsecret:namespace/name';
    throw refused(`What stands behind ${scheme}: is not a Kubernetes secret. Write it as ${form}.`);
  }
  if (namespaces && !matchesPattern(namespace, namespaces)) {
    throw refused(
      `This hub reads no secrets of the namespace ${namespace}. Start it with --credential-namespaces ${[...namespaces, namespace].join(',')} to allow it.`,
    );
  }
  return { namespace, name, ...(wanted !== undefined && { field: wanted }) };
}

function checkCluster({ kubeconfig, env = process.env }: KubernetesOptions): void {
  if (kubeconfig !== undefined || env.KUBERNETES_SERVICE_HOST) return;
  throw refused('This hub does not run in Kubernetes, and has no kubeconfig. Start it with --kubeconfig <file>.');
}

async function accessOf(options: KubernetesOptions): Promise<ClusterAccess> {
  const { kubeconfig, env = process.env, serviceAccount = defaultServiceAccount } = options;
  checkCluster(options);
  if (kubeconfig !== undefined) return readKubeconfig(kubeconfig);
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const url = URL.parse(`https://${host.includes(':') ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`);
  if (!url) throw failed('KUBERNETES_SERVICE_HOST does not hold an address.');
  return {
    service: {
      name: 'The API of this hub’s Kubernetes cluster',
      url,
      tls: { mode: 'ca', ca: await readSecretFile(join(serviceAccount, 'ca.crt')) },
    },
    // Kubernetes replaces it about hourly.
    token: (await readSecretFile(join(serviceAccount, 'token'))).trim(),
    identity: `service account of this hub’s pod in ${await ownNamespace(serviceAccount)}`,
  };
}

/** For messages only. */
async function ownNamespace(serviceAccount: string): Promise<string> {
  return readFile(join(serviceAccount, 'namespace'), 'utf8').catch(() => 'its namespace');
}

async function readSecret(reference: SecretReference, options: KubernetesOptions, signal?: AbortSignal): Promise<{ data: JsonObject }> {
  const { service, token, identity } = await accessOf(options);
  const { lookup } = options;
  const answer = await callService(
    { ...service, ...(lookup && { lookup }) },
    `/api/v1/namespaces/${reference.namespace}/secrets/${reference.name}`,
    {
      headers: { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(signal && { signal }),
    },
  );
  if (answer.status === 200) return { data: objectAt(answer.json, 'data') };
  throw failed(failureOf(answer, reference, service.name, identity));
}

function failureOf({ status, json }: SecretAnswer, reference: SecretReference, cluster: string, identity: string): string {
  const { namespace, name } = reference;
  switch (status) {
    case 401:
      return `${cluster} does not know the ${identity}. Its token may have ended, or be another cluster’s.`;
    case 403:
      return `${cluster} does not let the ${identity} read the secret ${name} in ${namespace}. Grant it a Role in ${namespace} with the verb get on secrets.`;
    case 404:
      return `There is no secret ${name} in the namespace ${namespace} of the cluster. Check both names.`;
    default: {
      const said = textAt(json, 'reason');
      return `${cluster} answered ${status}${said === undefined ? '' : ` (${printable(said, 60)})`} when the secret ${full(reference)} was read. Try again later.`;
    }
  }
}

const full = ({ namespace, name }: SecretReference): string => `${namespace}/${name}`;

function decode(encoded: string): string | undefined {
  return textOf(Buffer.from(encoded, 'base64'))?.replace(/[\r\n]+$/, '');
}

function textFields(data: JsonObject): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const name of Object.keys(data)) {
    const encoded = field(data, name);
    const text = typeof encoded === 'string' ? decode(encoded) : undefined;
    if (text !== undefined) fields[name] = text;
  }
  return fields;
}

function fieldNames(data: JsonObject): string {
  const names = Object.keys(data)
    .slice(0, 8)
    .map((name) => printable(name, 60));
  return names.length === 0 ? 'none' : names.join(', ');
}
