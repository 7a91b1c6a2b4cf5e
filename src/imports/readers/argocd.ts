import type { ConnectionInput, TagOrder } from '../../registries/index.ts';
import { readCredentialReference } from '../argocd-credentials.ts';
import { type Candidate, type Findings, holdsCertificate, isMapValue } from '../candidate.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import { parseGoDuration } from '../go-duration.ts';
import type { ImportDocument, ImportNote } from '../types.ts';
import type { Value } from '../value.ts';

/** Key of the ConfigMap `argocd-image-updater-config` that holds the registries. */
const configMapKey = 'registries.conf';

/**
 * Reads registries of Argo CD Image Updater: `registries.conf` itself, the ConfigMap that holds it, or values of its Helm chart
 * (`config.registries`). Further documents with certificates stand for the files that `ca_file` names.
 */
export function readArgocd(documents: readonly ImportDocument[]): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  const certificates = new Map(
    documents.flatMap(({ name, content }) =>
      name !== undefined && holdsCertificate(content) && !/^[ \t]*registries[ \t]*:/m.test(content) ? [[baseName(name), content]] : [],
    ),
  );
  const defaults: { prefix?: string; registry?: string } = {};
  documents.forEach((document, index) => {
    if (document.name !== undefined && certificates.has(baseName(document.name))) return;
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) readRoot(value, name, certificates, defaults, findings);
  });
  return findings;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

type Defaults = { prefix?: string; registry?: string };

function readRoot(value: Value, place: string, certificates: ReadonlyMap<string, string>, defaults: Defaults, findings: Findings): void {
  const lists = isMapValue(value)
    ? registryLists(new Entry(value, '', findings.notes), findings.notes)
    : value.kind === 'list'
      ? [value]
      : [];
  if (lists.length === 0) findings.notes.push({ level: 'warning', key: place, message: 'No registries were found here.' });
  for (const list of lists) {
    list.items.forEach((item, index) => {
      const path = `registries[${index}]`;
      const from = place === '' ? path : `${place}, ${path}`;
      if (!isMapValue(item)) findings.notes.push({ level: 'unmapped', key: from, message: 'This is no registry: it has to be a map.' });
      else findings.candidates.push(readRegistry(new Entry(item, path), from, certificates, defaults));
    });
  }
}

/** The lists of registries in a document, whatever it is. */
function registryLists(root: Entry, notes: ImportNote[]): { items: readonly Value[] }[] {
  if (root.text('kind') === 'List') {
    return (root.list('items') ?? []).flatMap((item) => (isMapValue(item) ? registryLists(new Entry(item, '', notes), notes) : []));
  }
  const data = root.has('data') ? root.map('data') : undefined;
  if (data) {
    const inner = data.secret(configMapKey);
    if (inner === undefined) return [];
    // The other settings of the updater (log level, applications) are none of a registry's.
    const embedded = readDocument({ name: configMapKey, content: inner }, 0, 1);
    return embedded.values.flatMap((value) => (isMapValue(value) ? registryLists(new Entry(value, '', notes), notes) : []));
  }
  const config = root.has('config') ? root.map('config') : undefined;
  const chart = root.has('argocd-image-updater') ? root.map('argocd-image-updater')?.map('config') : undefined;
  const list = (config?.has('registries') ? config : chart?.has('registries') ? chart : root).list('registries');
  if (!config && !chart && list) {
    root.ignore('apiVersion', 'kind', 'metadata');
    root.finish('Argo CD Image Updater refuses the whole file for a key that it does not know. It is left out.');
  }
  return list ? [{ items: list }] : [];
}

function readRegistry(entry: Entry, from: string, certificates: ReadonlyMap<string, string>, defaults: Defaults): Candidate {
  const candidate: Candidate = { from, input: {}, notes: entry.notes };
  const name = entry.text('name');
  if (name === undefined)
    entry.note(
      'warning',
      'name',
      'The name is missing, for which Argo CD Image Updater refuses the whole file. One is made of the address.',
    );
  else candidate.name = name;
  const url = entry.text('api_url');
  if (url === undefined) candidate.problem = 'api_url is missing: the address of the registry.';
  else candidate.input.url = url.replace(/\/+$/, '');
  readPrefix(entry, candidate, defaults);
  readCredentials(entry, candidate);
  readExpiry(entry, candidate);
  readConnection(entry, candidate, certificates);
  readNamespace(entry, candidate);
  readTagOrder(entry, candidate);
  if (entry.boolean('default') === true) candidate.input.default = true;
  if (entry.boolean('ping') !== undefined)
    entry.note('info', 'ping', 'Argo CD Image Updater reads this key and ignores it; so does Tagboat.');
  entry.finish('Argo CD Image Updater refuses the whole file for a key that it does not know. It is left out.');
  return candidate;
}

function readPrefix(entry: Entry, candidate: Candidate, defaults: Defaults): void {
  const prefix = entry.text('prefix')?.replace(/\/+$/, '');
  if (prefix) {
    candidate.input.prefix = prefix;
    if (prefix.includes('/')) {
      entry.note('info', 'prefix', 'Tagboat compares whole path components: a prefix that ends in the middle of a name matches no longer.');
    }
    return;
  }
  if (defaults.prefix === undefined) defaults.prefix = candidate.from;
  else
    entry.note(
      'warning',
      'prefix',
      `The prefix is empty here and at ${defaults.prefix}, for which Argo CD Image Updater refuses the whole file. Its address is taken.`,
    );
}

function readCredentials(entry: Entry, candidate: Candidate): void {
  const text = entry.text('credentials');
  if (text === undefined) return;
  const { source, remark, problem } = readCredentialReference(text);
  if (problem !== undefined) entry.note('unmapped', 'credentials', `${problem} Enter how to sign in after the import.`);
  if (remark !== undefined) entry.note('info', 'credentials', remark);
  if (source !== undefined) candidate.credential = { kind: 'source', source };
}

/** Bounds of our own setting, in seconds. */
const [shortest, longest] = [60, 31_536_000];

function readExpiry(entry: Entry, candidate: Candidate): void {
  const text = entry.text('credsexpire');
  if (text === undefined) return;
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined)
    return entry.note('unmapped', 'credsexpire', 'This is no duration as Go writes it (10h, 1h30m). The issuer decides.');
  if (milliseconds <= 0) return entry.note('info', 'credsexpire', 'Without a limit the issuer decides; Tagboat renews before the end.');
  const seconds = Math.round(milliseconds / 1000);
  candidate.input.credentialExpirySeconds = Math.min(Math.max(seconds, shortest), longest);
  if (seconds < shortest) entry.note('warning', 'credsexpire', 'One minute is the least that Tagboat takes.');
  if (seconds > longest) entry.note('warning', 'credsexpire', 'One year is the most that Tagboat takes.');
}

function readConnection(entry: Entry, candidate: Candidate, certificates: ReadonlyMap<string, string>): void {
  const connection: ConnectionInput = {};
  const insecure = entry.boolean('insecure');
  const file = entry.text('ca_file');
  const data = entry.secret('ca_data');
  const pem = [data, file === undefined ? undefined : certificates.get(baseName(file))].filter((text) => text?.trim()).join('\n');
  if (file !== undefined && !certificates.has(baseName(file))) {
    entry.note(
      'unmapped',
      'ca_file',
      `${file.slice(0, 200)} is a file there. Import it along with this document, or enter the certificate after the import.`,
    );
  }
  const isPlain = /^http:\/\//i.test(candidate.input.url ?? '');
  if (pem !== '' && !isPlain) connection.ca = pem;
  if (isPlain) {
    connection.tls = 'plain';
    if (insecure || pem !== '')
      entry.note('warning', insecure ? 'insecure' : 'ca_data', 'The address begins with http://: there is no certificate to check.');
  } else if (insecure) {
    connection.tls = 'insecure';
    entry.note(
      'warning',
      'insecure',
      `The certificate is not checked, as there.${pem === '' ? '' : ' The certificate authorities are kept and not used.'}`,
    );
  } else if (pem !== '') connection.tls = 'ca';
  const limit = entry.number('limit');
  if (limit !== undefined && limit > 0) connection.requestsPerSecond = Math.min(limit, 10_000);
  else if (limit !== undefined) entry.note('info', 'limit', 'Zero or less means no limit, there and here.');
  if (Object.keys(connection).length > 0) candidate.input.connection = connection;
}

function readNamespace(entry: Entry, candidate: Candidate): void {
  const namespace = entry.text('defaultns');
  if (namespace === undefined) return;
  // Docker Hub's own default, which is not meant to narrow anything.
  if (namespace === 'library') return entry.note('info', 'defaultns', 'Official images are found without it.');
  candidate.input.namespace = namespace;
  entry.note('info', 'defaultns', 'It becomes the namespace, which lists of repositories stay in, too.');
}

const tagOrders: Readonly<Record<string, TagOrder>> = { 'latest-first': 'newest-first', 'latest-last': 'oldest-first' };

function readTagOrder(entry: Entry, candidate: Candidate): void {
  const mode = entry.text('tagsortmode')?.toLowerCase();
  if (mode === undefined || mode === 'none') return;
  const order = Object.hasOwn(tagOrders, mode) ? tagOrders[mode] : undefined;
  if (order) candidate.input.tagOrder = order;
  else
    entry.note(
      'unmapped',
      'tagsortmode',
      'This is none of latest-first, latest-last and none, for which Argo CD Image Updater refuses the whole file.',
    );
}
