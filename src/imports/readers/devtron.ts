import { type Candidate, type Findings, isMapValue } from '../candidate.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import type { ImportDocument } from '../types.ts';
import type { Value } from '../value.ts';

/** `registryType` of Devtron → our providers. Others are recognised by their address. */
const providers: Readonly<Record<string, string>> = {
  ecr: 'ecr',
  'docker-hub': 'dockerhub',
  gcr: 'gar',
  'artifact-registry': 'gar',
  acr: 'acr',
  quay: 'quay',
};

/** Reads what Devtron answers to `GET /orchestrator/docker/registry` (`DockerArtifactStoreBean`), with or without its envelope. */
export function readDevtron(documents: readonly ImportDocument[]): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) {
      for (const item of items(value)) {
        if (isMapValue(item)) findings.candidates.push(readStore(new Entry(item, ''), name));
        else findings.notes.push({ level: 'unmapped', key: name, message: 'This is no registry: it has to be a map.' });
      }
    }
  });
  return findings;
}

/** `{ code, status, result: […] }`, the list, or one registry. */
function items(value: Value): readonly Value[] {
  const result = isMapValue(value) ? value.entries.get('result') : undefined;
  const content = result ?? value;
  return content.kind === 'list' ? content.items : [content];
}

function readStore(entry: Entry, place: string): Candidate {
  const id = entry.text('id');
  const candidate: Candidate = {
    from: [place, id === undefined ? 'a registry without id' : `registry ${id}`].filter(Boolean).join(', '),
    input: {},
    notes: entry.notes,
  };
  if (id !== undefined) candidate.name = id;
  const type = entry.text('registryType') ?? entry.text('pluginId') ?? '';
  const provider = Object.hasOwn(providers, type) ? providers[type] : undefined;
  if (provider !== undefined) candidate.input.provider = provider;
  else if (type !== '' && type !== 'other')
    entry.note('info', 'registryType', `“${type.slice(0, 40)}” has no provider of its own here. It is recognised by its address.`);
  const url = entry.text('registryUrl');
  if (provider === 'dockerhub') candidate.input.url = 'docker.io';
  else if (url !== undefined) candidate.input.url = url;
  else candidate.problem = 'registryUrl is missing: the address of the registry.';
  if (entry.boolean('isDefault') === true) candidate.input.default = true;
  if (entry.boolean('active') === false) entry.note('warning', 'active', 'Devtron has deleted it or switched it off.');
  readConnection(entry, candidate);
  readCredential(entry, candidate, provider);
  const pinned = entry.texts('repositoryList');
  if (pinned && pinned.length > 0) candidate.input.pinnedRepositories = pinned;
  readOci(entry);
  const pullSecrets = entry.has('ipsConfig') ? entry.map('ipsConfig') : undefined;
  if (pullSecrets) entry.note('unmapped', 'ipsConfig', 'Which clusters get a pull secret is not part of this import: registries only.');
  entry.ignore('pluginId', 'disabledFields', 'isOCICompliantRegistry', 'isEditable', 'remoteConnectionConfig');
  if (entry.has('remoteConnectionConfig'))
    entry.note('unmapped', 'remoteConnectionConfig', 'Enter the proxy after the import, where it is one.');
  entry.finish();
  return candidate;
}

function readConnection(entry: Entry, candidate: Candidate): void {
  const connection = entry.text('connection');
  const cert = entry.secret('cert');
  if (/^http:\/\//i.test(candidate.input.url ?? '')) candidate.input.connection = { tls: 'plain' };
  else if (connection === 'insecure') {
    candidate.input.connection = { tls: 'insecure' };
    entry.note('warning', 'connection', 'The certificate is not checked, as there. For a registry without any, choose plain HTTP.');
  } else if (connection === 'secure-with-cert') {
    if (cert !== undefined) candidate.input.connection = { tls: 'ca', ca: cert };
    else entry.note('warning', 'cert', 'The certificate is missing: enter it after the import.');
  } else if (connection !== undefined && connection !== 'secure')
    entry.note('unmapped', 'connection', 'This is none of secure, insecure and secure-with-cert.');
}

/** Secrets are blank in what Devtron answers; older versions and database dumps hold them. */
function readCredential(entry: Entry, candidate: Candidate, provider: string | undefined): void {
  const isPublic = entry.boolean('isPublic') === true;
  const accessKeyId = entry.text('awsAccessKeyId');
  const secretAccessKey = entry.text('awsSecretAccessKey');
  const region = entry.text('awsRegion');
  const username = entry.text('username');
  const password = entry.secret('password');
  if (region !== undefined && provider !== 'ecr') entry.note('unmapped', 'awsRegion', 'Only Amazon ECR has regions. It is left out.');
  else if (region !== undefined && !(candidate.input.url ?? '').includes(`.${region}.`))
    entry.note('warning', 'awsRegion', 'The address says another region. It counts.');
  if (isPublic) candidate.credential = { kind: 'anonymous' };
  else if (provider === 'ecr') {
    // Without keys, Devtron signs in as the machine that it runs on.
    if (accessKeyId === undefined) candidate.credential = { kind: 'fields', signIn: 'role', fields: {}, values: {} };
    else
      candidate.credential = {
        kind: 'fields',
        signIn: 'access-key',
        fields: { accessKeyId },
        values: secretAccessKey === undefined ? {} : { secretAccessKey },
      };
  } else if (username !== undefined)
    candidate.credential = { kind: 'pair', username, ...(password !== undefined && { password: unquoted(password) }) };
  if (!isPublic && username !== undefined && password === undefined)
    entry.note('info', 'password', 'Devtron does not tell its secrets: this one has to be entered.');
}

/** Devtron keeps JSON keys in single quotes. */
function unquoted(text: string): string {
  return /^'\{[^]*\}'$/.test(text) ? text.slice(1, -1) : text;
}

function readOci(entry: Entry): void {
  const config = entry.has('ociRegistryConfig') ? entry.map('ociRegistryConfig') : undefined;
  for (const key of config?.keys() ?? []) {
    const use = config?.text(key) ?? '';
    entry.note(
      'info',
      `ociRegistryConfig.${key.slice(0, 40)}`,
      `“${use.slice(0, 20)}”: whether it may be pulled from and pushed to is up to its credential.`,
    );
  }
}
