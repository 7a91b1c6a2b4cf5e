import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { isObject, type JsonObject } from '../../oci/json.ts';
import { objectAt, type SecretService, textAt } from './bounded-http.ts';
import { readSecretFile } from './file.ts';
import { failed } from './source.ts';

/** How the API of a cluster is reached, and what is shown to it. */
export interface ClusterAccess {
  service: SecretService;
  /** Absent with a client certificate. */
  token?: string;
  /** Who the hub is there, for messages. */
  identity: string;
}

/**
 * The current context of a kubeconfig file. What would run programs of its choice (`exec`, `auth-provider`) is refused: the hub
 * runs what is in its folder of commands, and nothing else.
 *
 * @throws CredentialError `credential_source_failed`
 */
export async function readKubeconfig(path: string): Promise<ClusterAccess> {
  const fail = (why: string) => failed(`The kubeconfig ${path} cannot be used: ${why}`);
  const config = parseYaml(await readSecretFile(path), fail);
  const contextName = textAt(config, 'current-context');
  if (contextName === undefined) throw fail('it has no current-context. Choose one with kubectl config use-context.');
  const context = objectAt(named(config, 'contexts', contextName, fail), 'context');
  const cluster = objectAt(named(config, 'clusters', textAt(context, 'cluster') ?? '', fail), 'cluster');
  const userName = textAt(context, 'user') ?? '';
  const user = objectAt(named(config, 'users', userName, fail), 'user');
  refuseUnusable(user, cluster, fail);

  const text = async (section: JsonObject, data: string, file: string) => {
    const inline = textAt(section, data);
    if (inline !== undefined) return Buffer.from(inline, 'base64').toString();
    const name = textAt(section, file);
    return name === undefined ? undefined : `${await readSecretFile(resolve(dirname(path), name))}\n`;
  };
  const server = URL.parse(textAt(cluster, 'server') ?? '');
  if (!server || !/^https?:$/.test(server.protocol)) throw fail('its cluster has no address (server).');
  const ca = await text(cluster, 'certificate-authority-data', 'certificate-authority');
  const cert = await text(user, 'client-certificate-data', 'client-certificate');
  const key = await text(user, 'client-key-data', 'client-key');
  const tokenFile = textAt(user, 'tokenFile');
  // As client-go does: the file goes first, and is read anew each time.
  const token = tokenFile === undefined ? textAt(user, 'token') : (await readSecretFile(resolve(dirname(path), tokenFile))).trim();
  if (token === undefined && !(cert !== undefined && key !== undefined))
    throw fail('its user has neither a token nor a client certificate.');
  const insecure = cluster['insecure-skip-tls-verify'] === true;
  return {
    service: {
      name: `Kubernetes at ${server.host}`,
      url: server,
      tls: {
        mode: server.protocol === 'http:' ? 'plain' : insecure ? 'insecure' : ca === undefined ? 'verify' : 'ca',
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && key !== undefined && { clientCertificate: { cert, key } }),
      },
    },
    identity: `user ${userName} of the kubeconfig`,
    ...(token !== undefined && { token }),
  };
}

function parseYaml(text: string, fail: (why: string) => Error): JsonObject {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 10 });
  } catch {
    // The parser's words quote the file, which holds a token.
    throw fail('it is not valid YAML.');
  }
  if (!isObject(document)) throw fail('it is not a kubeconfig.');
  return document;
}

function named(config: JsonObject, list: string, name: string, fail: (why: string) => Error): JsonObject {
  const entries = Array.isArray(config[list]) ? config[list] : [];
  const entry: unknown = entries.find((one) => isObject(one) && one.name === name);
  if (isObject(entry)) return entry;
  throw fail(`there is no “${name.slice(0, 100)}” among its ${list}.`);
}

function refuseUnusable(user: JsonObject, cluster: JsonObject, fail: (why: string) => Error): void {
  const instead = 'Use a token, a tokenFile or a client certificate: kubectl create token makes one.';
  if ('exec' in user) throw fail(`its user signs in by a program (exec), and the hub runs none of that kind. ${instead}`);
  if ('auth-provider' in user) throw fail(`its user signs in by an auth-provider, which Kubernetes itself has given up. ${instead}`);
  if ('username' in user || 'password' in user)
    throw fail(`its user signs in by name and password, which Kubernetes has given up. ${instead}`);
  if ('tls-server-name' in cluster)
    throw fail('its cluster has a tls-server-name. Use the name in the server’s certificate as its address.');
}
