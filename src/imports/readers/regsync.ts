import type { ConnectionInput } from '../../registries/index.ts';
import { type Candidate, type Findings, isMapValue } from '../candidate.ts';
import { candidateOf } from '../docker-auths.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import { parseGoDuration } from '../go-duration.ts';
import type { ImportDocument } from '../types.ts';

/**
 * Reads the `creds` of a `regsync.yml` (and of `regbot`, which has the same): registry, user, pass, tls, regcert, …
 * (`config.Host` of regclient). What is synchronised is no registry's setting, and said to be there: `distribution/sync/documents/` reads it.
 */
export function readRegsync(documents: readonly ImportDocument[]): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) {
      if (!isMapValue(value)) {
        findings.notes.push({ level: 'warning', key: name, message: 'This is no configuration of regsync: it has to be a map.' });
        continue;
      }
      const root = new Entry(value, '', findings.notes);
      const version = root.number('version');
      if (version !== undefined && version > 1)
        root.note('warning', 'version', `Version ${version} is newer than what is known here. It is read as version 1.`);
      const creds = root.list('creds') ?? [];
      creds.forEach((item, position) => {
        const path = `creds[${position}]`;
        if (isMapValue(item)) readCreds(new Entry(item, path), name === '' ? path : `${name}, ${path}`, findings);
        else root.note('unmapped', path, 'This is no registry: it has to be a map.');
      });
      const syncs = root.list('sync')?.length ?? 0;
      if (syncs > 0)
        root.note(
          'unmapped',
          'sync',
          `${syncs === 1 ? 'One rule says' : `${syncs} rules say`} what to copy. This import takes registries; \`tagboat sync import\` takes the rules of the same file.`,
        );
      root.leaveOut('Defaults of what is copied. They are left out.', 'defaults');
      root.leaveOut('Scripts are left out.', 'scripts');
      root.finish();
    }
  });
  return findings;
}

function readCreds(entry: Entry, from: string, findings: Findings): void {
  const registry = template(entry, 'registry');
  const candidate = registry?.text === undefined ? undefined : candidateOf(registry.text, from, entry.notes);
  if (!candidate) {
    const problem =
      registry?.variable === undefined
        ? 'registry is missing: the host of the registry.'
        : 'registry is a template. Write the host itself, or enter it after the import.';
    findings.candidates.push({ from, input: {}, notes: entry.notes, problem });
    return;
  }
  const host = candidate.input.url ?? '';
  const hostname = entry.text('hostname');
  if (hostname !== undefined && host !== 'docker.io') {
    candidate.input.url = hostname;
    candidate.input.prefix ??= host;
  }
  const pathPrefix = entry.text('pathPrefix');
  if (pathPrefix !== undefined) candidate.input.namespace = pathPrefix.replace(/^\/+|\/+$/g, '');
  readConnection(entry, candidate);
  readSignIn(entry, candidate);
  entry.leaveOut('Mirrors are not used yet.', 'mirrors', 'priority');
  entry.leaveOut('How large parts are uploaded is found out by itself.', 'blobChunk', 'blobMax');
  entry.leaveOut('Of no meaning here.', 'api', 'apiOpts', 'reqConcurrent', 'dns');
  if (entry.boolean('repoAuth') !== undefined) entry.note('info', 'repoAuth', 'Tokens are asked for each repository anyway.');
  entry.finish();
  findings.candidates.push(candidate);
}

function readConnection(entry: Entry, candidate: Candidate): void {
  const connection: ConnectionInput = { ...candidate.input.connection };
  const tls = entry.text('tls')?.toLowerCase();
  const isHttp = entry.text('scheme') === 'http';
  const pem = template(entry, 'regcert');
  if (tls === 'disabled' || (tls === undefined && isHttp)) {
    connection.tls = 'plain';
    candidate.input.url = candidate.input.url?.replace(/^https:\/\//i, '');
  } else if (tls === 'insecure') {
    connection.tls = 'insecure';
    entry.note('warning', 'tls', 'The certificate is not checked, as there.');
  } else if (tls !== undefined && tls !== 'enabled') entry.note('unmapped', 'tls', 'This is none of enabled, insecure and disabled.');
  if (pem?.variable !== undefined)
    entry.note('unmapped', 'regcert', `It is read from ${pem.variable}. Enter the certificate after the import.`);
  if (pem?.text !== undefined && connection.tls !== 'plain') {
    connection.ca = pem.text;
    connection.tls ??= 'ca';
  }
  const cert = entry.secret('clientCert') ?? entry.secret('clientcert');
  const key = entry.secret('clientKey') ?? entry.secret('clientkey');
  if (cert !== undefined) {
    connection.clientCertificate = { cert };
    if (key !== undefined) candidate.values = { ...candidate.values, 'connection.clientKey': key };
  }
  const rate = entry.number('reqPerSec');
  if (rate !== undefined && rate > 0) connection.requestsPerSecond = Math.min(rate, 10_000);
  if (Object.keys(connection).length > 0) candidate.input.connection = connection;
}

function readSignIn(entry: Entry, candidate: Candidate): void {
  const user = template(entry, 'user');
  const pass = template(entry, 'pass');
  const token = template(entry, 'token');
  const helper = entry.text('credHelper');
  const expires = entry.text('credExpire');
  const seconds = expires === undefined ? undefined : Math.round((parseGoDuration(expires) ?? 0) / 1000);
  if (seconds !== undefined && seconds >= 60) candidate.input.credentialExpirySeconds = Math.min(seconds, 31_536_000);
  else if (seconds !== undefined) entry.note('unmapped', 'credExpire', 'This is no duration of a minute or more. The issuer decides.');
  entry.leaveOut('The host that a credential helper is asked for is the one of Docker’s configuration.', 'credHost');
  if (helper !== undefined) {
    candidate.credential = { kind: 'source', source: 'docker-config:' };
    const program = helper.replace(/[^A-Za-z0-9._-]/g, '?').slice(0, 80);
    entry.note(
      'warning',
      'credHelper',
      `The credential is with ${program}. The hub asks it by its own Docker configuration: install the program where the hub runs and name it there, or enter the credential.`,
    );
    return;
  }
  if (token?.text !== undefined && pass === undefined) {
    candidate.credential = { kind: 'identity-token', token: token.text };
    return;
  }
  if (user?.text === undefined) {
    if (user?.variable !== undefined)
      entry.note('unmapped', 'user', `It is read from ${user.variable}. Enter how to sign in after the import.`);
    else if (pass !== undefined) entry.note('unmapped', 'pass', 'There is a password and no user name.');
    return;
  }
  candidate.credential = { kind: 'pair', username: user.text, ...(pass?.text !== undefined && { password: pass.text }) };
  if (pass?.source === undefined && pass?.variable !== undefined)
    entry.note('unmapped', 'pass', `It is read from ${pass.variable}. Enter the password.`);
  if (pass?.source !== undefined) {
    candidate.passwordSource = pass.source;
    entry.note('info', 'pass', `It is read from ${pass.variable} there, and so here: the hub has to have it, too.`);
  }
}

interface Template {
  text?: string;
  /** Where a template reads its value, for people. */
  variable?: string;
  /** The same as a reference of ours. */
  source?: string;
}

/** A text in which regsync expands Go templates: `{{env "NAME"}}` and `{{file "/path"}}` alone have a meaning here. */
function template(entry: Entry, key: string): Template | undefined {
  const text = entry.secret(key)?.trim();
  if (text === undefined || text === '') return undefined;
  if (!text.includes('{{')) return { text };
  const [, kind, name = ''] = /^\{\{-?\s*(env|file)\s+["`]([^"`]{1,1000})["`](?:\s*\|\s*trim)?\s*-?\}\}$/.exec(text) ?? [];
  if (kind === 'env' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return { variable: `the environment variable ${name}`, source: `env:${name}` };
  if (kind === 'file' && /^\/[\x21-\x7e]+$/.test(name)) return { variable: `the file ${name}`, source: `file:${name}` };
  return { variable: 'a template' };
}
