import type { ConnectionInput, FieldValue, TagOrder } from '../../registries/index.ts';
import { type Candidate, type Findings, isMapValue } from '../candidate.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import { apiVersion } from '../own-format.ts';
import type { ImportDocument } from '../types.ts';

const tlsModes = ['verify', 'ca', 'insecure', 'plain'] as const;
const tagOrders: readonly TagOrder[] = ['lexical', 'oldest-first', 'newest-first'];

/** Reads what `exportRegistries` writes: registries as the API takes them, without secrets. */
export function readOwn(documents: readonly ImportDocument[]): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) {
      if (!isMapValue(value)) {
        findings.notes.push({ level: 'warning', key: name, message: 'This is no export of Tagboat: it has to be a map.' });
        continue;
      }
      const root = new Entry(value, '', findings.notes);
      const version = root.text('apiVersion');
      if (version !== apiVersion) root.note('warning', 'apiVersion', `It should be ${apiVersion}. The registries are read as such.`);
      const kind = root.text('kind');
      if (kind !== undefined && kind !== 'Registries') root.note('warning', 'kind', 'It should be Registries.');
      (root.list('registries') ?? []).forEach((item, position) => {
        const path = `registries[${position}]`;
        if (isMapValue(item)) findings.candidates.push(readRegistry(new Entry(item, path), name === '' ? path : `${name}, ${path}`));
        else root.note('unmapped', path, 'This is no registry: it has to be a map.');
      });
      root.finish();
    }
  });
  return findings;
}

function readRegistry(entry: Entry, from: string): Candidate {
  const candidate: Candidate = { from, declared: true, input: {}, notes: entry.notes };
  const { input } = candidate;
  const name = entry.text('name');
  if (name === undefined) candidate.problem = 'name is missing: registries are told apart by it.';
  else candidate.name = name;
  for (const key of ['provider', 'url', 'prefix', 'namespace', 'description', 'signIn', 'secretEndsAt'] as const) {
    const text = entry.text(key);
    if (text !== undefined) input[key] = text;
    // Written as an empty text, it is meant to be empty.
    else if ((key === 'namespace' || key === 'description') && entry.keys().includes(key)) input[key] = '';
  }
  if (entry.boolean('default') === true) input.default = true;
  const allProjects = entry.boolean('allProjects');
  const projects = entry.texts('projects');
  if (allProjects !== undefined) input.allProjects = allProjects;
  if (projects) input.projects = projects;
  const fields = entry.has('fields') ? entry.map('fields') : undefined;
  if (fields) input.fields = scalars(fields);
  const sources = entry.has('sources') ? entry.map('sources') : undefined;
  if (sources) input.sources = texts(sources);
  const connection = entry.has('connection') ? entry.map('connection') : undefined;
  if (connection) input.connection = readConnection(connection);
  const pinned = entry.texts('pinnedRepositories');
  if (pinned) input.pinnedRepositories = pinned;
  const realms = entry.texts('trustedRealms');
  if (realms) input.trustedRealms = realms;
  const expiry = entry.number('credentialExpirySeconds');
  if (expiry !== undefined && Number.isInteger(expiry) && expiry >= 60 && expiry <= 31_536_000) input.credentialExpirySeconds = expiry;
  else if (expiry !== undefined)
    entry.note('warning', 'credentialExpirySeconds', 'It has to be a whole number from 60 to 31536000. It is left out.');
  const order = entry.text('tagOrder');
  const known = tagOrders.find((one) => one === order);
  if (known) input.tagOrder = known;
  else if (order !== undefined) entry.note('warning', 'tagOrder', `It has to be one of ${tagOrders.join(', ')}. It is left out.`);
  const needs = entry.texts('secrets');
  if (needs) candidate.needs = needs;
  entry.finish();
  return candidate;
}

function readConnection(entry: Entry): ConnectionInput {
  const connection: ConnectionInput = {};
  const tls = entry.text('tls');
  const mode = tlsModes.find((one) => one === tls);
  if (mode) connection.tls = mode;
  else if (tls !== undefined) entry.note('warning', 'tls', `It has to be one of ${tlsModes.join(', ')}. It is left out.`);
  const ca = entry.secret('ca');
  if (ca !== undefined) connection.ca = ca;
  const certificate = entry.text('clientCertificate');
  if (certificate !== undefined) connection.clientCertificate = { cert: certificate };
  const proxy = entry.text('proxy');
  if (proxy !== undefined) connection.proxy = proxy;
  const rate = entry.number('requestsPerSecond');
  if (rate !== undefined && rate > 0 && rate <= 10_000) connection.requestsPerSecond = rate;
  else if (rate !== undefined) entry.note('warning', 'requestsPerSecond', 'It has to be above 0 and at most 10000. It is left out.');
  entry.finish();
  return connection;
}

function scalars(entry: Entry): Record<string, FieldValue> {
  return Object.fromEntries(
    entry.keys().flatMap((key) => {
      const value = entry.scalar(key);
      return value === undefined ? [] : [[key.slice(0, 64), value] as const];
    }),
  );
}

function texts(entry: Entry): Record<string, string> {
  return Object.fromEntries(
    entry.keys().flatMap((key) => {
      const text = entry.text(key);
      return text === undefined ? [] : [[key.slice(0, 64), text] as const];
    }),
  );
}
