import { type Candidate, type Findings, isMapValue } from '../candidate.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import type { ImportDocument } from '../types.ts';
import type { Value } from '../value.ts';

/** Types of Harbor's replication endpoints (`src/pkg/reg/model/registry.go`) → our providers. Others are recognised by their address. */
const providers: Readonly<Record<string, string>> = {
  harbor: 'harbor',
  'docker-hub': 'dockerhub',
  'huawei-SWR': 'swr',
  'google-gcr': 'gar',
  'aws-ecr': 'ecr',
  'azure-acr': 'acr',
  'ali-acr': 'aliyun-personal',
  'ali-acr-ee': 'aliyun-ee',
  'jfrog-artifactory': 'artifactory',
  quay: 'quay',
  'quay-io': 'quay',
  gitlab: 'gitlab',
  'tencent-tcr': 'tcr-ee',
  'github-ghcr': 'ghcr',
};

/** Endpoints that hold charts by an API of their own, or none that registries have. */
const noRegistries = ['helm-hub', 'artifact-hub'];

/** Reads what Harbor answers to `GET /api/v2.0/registries`, its replication endpoints; pages one after the other. */
export function readHarbor(documents: readonly ImportDocument[]): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) {
      const items: readonly Value[] = value.kind === 'list' ? value.items : [value];
      items.forEach((item, position) => {
        const path = value.kind === 'list' ? `[${position}]` : '';
        if (isMapValue(item)) readEndpoint(new Entry(item, path), name, path, findings);
        else findings.notes.push({ level: 'unmapped', key: `${name}${path}`, message: 'This is no endpoint: it has to be a map.' });
      });
    }
  });
  return findings;
}

function readEndpoint(entry: Entry, place: string, path: string, findings: Findings): void {
  const name = entry.text('name');
  const from = [place, name === undefined ? `endpoint ${path}` : `endpoint ${name}`].filter(Boolean).join(', ');
  const candidate: Candidate = { from, input: {}, notes: entry.notes };
  if (name !== undefined) candidate.name = name;
  const type = entry.text('type') ?? '';
  if (noRegistries.includes(type)) candidate.problem = `${type} holds charts and is no registry.`;
  const provider = Object.hasOwn(providers, type) ? providers[type] : undefined;
  if (provider !== undefined) candidate.input.provider = provider;
  else if (type !== '' && type !== 'docker-registry')
    entry.note('info', 'type', `“${type.slice(0, 40)}” has no provider of its own here. It is recognised by its address.`);
  const url = entry.text('url');
  if (provider === 'dockerhub') candidate.input.url = 'docker.io';
  else if (url !== undefined) candidate.input.url = url;
  else candidate.problem ??= 'url is missing: the address of the registry.';
  const description = entry.text('description');
  if (description !== undefined) candidate.input.description = description.slice(0, 1000);
  const isPlain = /^http:\/\//i.test(candidate.input.url ?? '');
  const ca = entry.secret('ca_certificate');
  if (isPlain) candidate.input.connection = { tls: 'plain' };
  else if (entry.boolean('insecure')) {
    candidate.input.connection = { tls: 'insecure' };
    entry.note('warning', 'insecure', 'The certificate is not checked, as there.');
  } else if (ca !== undefined) candidate.input.connection = { tls: 'ca', ca };
  readCredential(entry, candidate, provider);
  entry.leaveOut('Token servers are found by asking the registry.', 'token_service_url');
  entry.ignore('id', 'status', 'creation_time', 'update_time', 'insecure', 'ca_certificate');
  entry.finish();
  findings.candidates.push(candidate);
}

/** Harbor never tells a secret: it shows stars instead. */
function readCredential(entry: Entry, candidate: Candidate, provider: string | undefined): void {
  const credential = entry.has('credential') ? entry.map('credential') : undefined;
  const key = credential?.text('access_key');
  credential?.ignore('type', 'access_secret');
  credential?.finish();
  if (key === undefined) return;
  if (provider === 'ecr') candidate.credential = { kind: 'fields', signIn: 'access-key', fields: { accessKeyId: key }, values: {} };
  // Accounts of Harbor's SWR endpoints are written `region@access key`.
  else if (provider === 'swr')
    candidate.credential = { kind: 'fields', signIn: 'temporary', fields: { accessKey: key.slice(key.indexOf('@') + 1) }, values: {} };
  else if (provider === 'tcr-ee') candidate.credential = { kind: 'fields', signIn: 'api-key', fields: { secretId: key }, values: {} };
  else if (provider === 'aliyun-personal' || provider === 'aliyun-ee')
    candidate.credential = { kind: 'fields', signIn: 'access-key', fields: { accessKeyId: key }, values: {} };
  else candidate.credential = { kind: 'pair', username: key };
  entry.note('info', 'credential', 'Harbor does not tell its secrets: this one has to be entered.');
}
