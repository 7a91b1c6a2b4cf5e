import { type Candidate, type Findings, isMapValue } from '../candidate.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import type { ImportDocument } from '../types.ts';
import type { Value } from '../value.ts';

/** `reg_provider` of Zadig → our providers. `native` and others are recognised by their address. */
const providers: Readonly<Record<string, string>> = {
  acr: 'aliyun-personal',
  'acr-enterprise': 'aliyun-ee',
  tcr: 'tcr-personal',
  'tcr-enterprise': 'tcr-ee',
  swr: 'swr',
  harbor: 'harbor',
  dockerhub: 'dockerhub',
  ecr: 'ecr',
  jfrog: 'artifactory',
};

/** What Zadig writes for all projects. */
const allProjects = '<all_projects>';

/**
 * Reads what Zadig answers to `GET /api/aslan/system/registry/namespaces` (`RegistryNamespace`) or to its open API, with or
 * without an envelope.
 */
export function readZadig(documents: readonly ImportDocument[]): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) {
      for (const item of items(value)) {
        if (isMapValue(item)) findings.candidates.push(readNamespace(new Entry(item, ''), name));
        else findings.notes.push({ level: 'unmapped', key: name, message: 'This is no registry: it has to be a map.' });
      }
    }
  });
  return findings;
}

function items(value: Value): readonly Value[] {
  const inner = isMapValue(value) ? (value.entries.get('data') ?? value.entries.get('registries')) : undefined;
  const content = inner ?? value;
  return content.kind === 'list' ? content.items : [content];
}

function readNamespace(entry: Entry, place: string): Candidate {
  const url = entry.text('reg_addr') ?? entry.text('address');
  const namespace = entry.text('namespace');
  const shown = [url?.replace(/^https?:\/\//i, ''), namespace].filter(Boolean).join('/');
  const candidate: Candidate = {
    from: [place, shown === '' ? 'a registry without address' : shown].filter(Boolean).join(', '),
    input: {},
    notes: entry.notes,
  };
  const type = entry.text('reg_provider') ?? entry.text('provider') ?? '';
  const provider = Object.hasOwn(providers, type) ? providers[type] : undefined;
  if (provider !== undefined) candidate.input.provider = provider;
  else if (type !== '' && type !== 'native')
    entry.note('info', 'reg_provider', `“${type.slice(0, 40)}” has no provider of its own here. It is recognised by its address.`);
  if (provider === 'dockerhub') candidate.input.url = 'docker.io';
  else if (url !== undefined) candidate.input.url = url;
  else candidate.problem = 'reg_addr is missing: the address of the registry.';
  if (namespace !== undefined) candidate.input.namespace = namespace;
  if (entry.boolean('is_default') === true) candidate.input.default = true;
  readConnection(entry, candidate);
  readCredential(entry, candidate, provider);
  readProjects(entry, candidate);
  entry.ignore('id', 'reg_type', 'update_time', 'update_by', 'registry_id');
  entry.finish();
  return candidate;
}

function readConnection(entry: Entry, candidate: Candidate): void {
  const advanced = entry.has('advanced_setting') ? entry.map('advanced_setting') : undefined;
  const isPlain = /^http:\/\//i.test(candidate.input.url ?? '');
  const cert = advanced?.secret('tls_cert');
  if (isPlain) candidate.input.connection = { tls: 'plain' };
  else if (advanced?.boolean('enable_tls') === false) {
    candidate.input.connection = { tls: 'insecure' };
    advanced.note('warning', 'enable_tls', 'The certificate is not checked, as there.');
  } else if (cert !== undefined) candidate.input.connection = { tls: 'ca', ca: cert };
  advanced?.ignore('modified', 'enable_tls', 'tls_cert');
  advanced?.finish();
}

function readCredential(entry: Entry, candidate: Candidate, provider: string | undefined): void {
  const accessKey = entry.text('access_key');
  const told = entry.secret('secret_key');
  const secretKey = told !== undefined && isEncrypted(told) ? undefined : told;
  const region = entry.text('region');
  if (region !== undefined && provider === 'swr') candidate.input.fields = { region };
  else if (region !== undefined && provider !== 'ecr')
    entry.note('unmapped', 'region', 'It has no meaning with this provider and is left out.');
  if (accessKey === undefined) {
    // Zadig has no registry without a sign-in; its open API leaves it out.
    candidate.credential = { kind: 'hidden' };
    entry.note('info', 'access_key', 'Zadig did not tell how it signs in: it has to be entered.');
    return;
  }
  const found = secretKey === undefined ? {} : { secret: secretKey };
  if (secretKey === undefined)
    entry.note(
      'info',
      'secret_key',
      told === undefined
        ? 'Zadig did not tell the secret: it has to be entered.'
        : 'Zadig encrypts the secret for its own page: it has to be entered.',
    );
  if (provider === 'ecr') candidate.credential = fields('access-key', { accessKeyId: accessKey }, 'secretAccessKey', found.secret);
  else if (provider === 'swr') candidate.credential = fields('temporary', { accessKey }, 'secretKey', found.secret);
  else candidate.credential = { kind: 'pair', username: accessKey, ...(secretKey !== undefined && { password: secretKey }) };
}

/** What Zadig's own page gets: encrypted with a key of that page, in hexadecimal, 16 bytes longer than it is (`pkg/tool/crypto/aes.go`). */
const isEncrypted = (text: string): boolean => /^(?:[0-9a-f]{2}){17,}$/.test(text);

function fields(signIn: string, plain: Record<string, string>, secretField: string, secret: string | undefined): Candidate['credential'] {
  return { kind: 'fields', signIn, fields: plain, values: secret === undefined ? {} : { [secretField]: secret } };
}

/** Projects stay what limits who sees a registry; those that are not here are told by the plan. */
function readProjects(entry: Entry, candidate: Candidate): void {
  const names = entry.texts('projects');
  if (!names || names.length === 0 || names.includes(allProjects)) return;
  candidate.projects = names;
}
