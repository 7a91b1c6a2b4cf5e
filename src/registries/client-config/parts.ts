import { dockerHub, type Facts } from './facts.ts';
import type { ClientCommand, ClientFile } from './types.ts';
import { encodeToml, tomlComment, type TomlTable } from './toml.ts';

/** What one client's renderer answers. */
export interface Parts {
  files: ClientFile[];
  commands: ClientCommand[];
  notes: string[];
}

export function noParts(): Parts {
  return { files: [], commands: [], notes: [] };
}

export function jsonFile(path: string, content: object, note?: string): ClientFile {
  return {
    path,
    mode: '0644',
    content: `${JSON.stringify(content, null, 2)}\n`,
    format: 'json',
    action: 'merge',
    ...(note !== undefined && { note }),
  };
}

/** A TOML file of our own; its first line says whose it is. */
export function tomlFile(path: string, facts: Facts, content: TomlTable, note?: string): ClientFile {
  const head = tomlComment(`Made by Tagboat for the registry ${facts.name}.`);
  return {
    path,
    mode: '0644',
    content: `${head}${encodeToml(content)}`,
    format: 'toml',
    action: 'create',
    ...(note !== undefined && { note }),
  };
}

/** Tables for a TOML file that may be there. */
export function tomlTables(path: string, content: TomlTable, note?: string): ClientFile {
  return { path, mode: '0644', content: encodeToml(content), format: 'toml', action: 'merge', ...(note !== undefined && { note }) };
}

export const keyPlaceholder =
  'Put the private key of the client certificate here (PEM, without passphrase). Tagboat keeps its own copy sealed and hands it to nobody.\n';

/** `ca.crt`, `client.cert` and `client.key`, as far as the connection has them: the names that all clients here go by. */
export function certificateFiles(folder: string, facts: Facts): ClientFile[] {
  const files: ClientFile[] = [];
  const file = (name: string, content: string, more: Partial<ClientFile> = {}) =>
    files.push({ path: `${folder}/${name}`, mode: '0644', content, format: 'pem', action: 'create', ...more });
  if (facts.ca !== undefined) file('ca.crt', facts.ca);
  if (facts.clientCertificate !== undefined) {
    file('client.cert', facts.clientCertificate);
    file('client.key', keyPlaceholder, {
      mode: '0600',
      placeholder: true,
      note: 'Replace it by the private key of the client certificate, without passphrase, readable by its owner only.',
    });
  }
  return files;
}

/** Whether a client that trusts what the system trusts can reach the registry without being told anything. */
export function reachableAsItIs(facts: Facts): boolean {
  return facts.tls === 'verify' && facts.clientCertificate === undefined && !facts.alias;
}

export function remarkOnTls(facts: Facts, client: string): string[] {
  if (reachableAsItIs(facts)) {
    return [
      `${client} needs no file to reach ${facts.prefix.host}: its certificate is checked against the authorities that the system trusts.`,
    ];
  }
  if (facts.tls === 'insecure') {
    return [`The certificate of ${facts.host} is not checked: whoever stands in between can read and answer. An own CA is safer.`];
  }
  if (facts.tls === 'plain') return [`${facts.host} is spoken to without TLS: credentials and images are readable on the way.`];
  return [];
}

/** What Docker's own files call a registry. */
export function dockerKey(host: string): string {
  return host === dockerHub ? 'https://index.docker.io/v1/' : host;
}

export const helperNote =
  'Signs in through docker-credential-tagboat, which has to be installed on this machine and be able to reach the hub.';
