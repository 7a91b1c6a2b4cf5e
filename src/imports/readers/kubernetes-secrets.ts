import { type Findings, isMapValue } from '../candidate.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import type { ImportDocument, ImportNote, ImportOptions } from '../types.ts';
import type { MapValue, Value } from '../value.ts';
import { readConfig } from './docker-config.ts';

/** Type of a pull secret → its key. */
const pullSecretKeys: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

/**
 * Reads manifests of pull secrets, one or a list of them, as `kubectl get secret -o yaml` prints them. Their credentials are
 * copied, or referred to where they are.
 */
export function readKubernetesSecrets(documents: readonly ImportDocument[], options: ImportOptions): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    const others = { count: 0 };
    for (const value of values) readManifest(value, name, options, findings, others);
    if (others.count > 0) {
      const message = `${others.count === 1 ? 'One manifest is no pull secret and is' : `${others.count} manifests are no pull secrets and are`} left out.`;
      findings.notes.push({ level: 'info', key: name, message });
    }
  });
  return findings;
}

function readManifest(value: Value, place: string, options: ImportOptions, findings: Findings, others: { count: number }): void {
  if (value.kind === 'list') {
    for (const item of value.items) readManifest(item, place, options, findings, others);
    return;
  }
  if (!isMapValue(value)) {
    others.count++;
    return;
  }
  const manifest = new Entry(value, '', findings.notes);
  if (manifest.text('kind')?.endsWith('List') && manifest.has('items')) {
    for (const item of manifest.list('items') ?? []) readManifest(item, place, options, findings, others);
    return;
  }
  const type = manifest.text('type') ?? '';
  const field = (Object.hasOwn(pullSecretKeys, type) ? pullSecretKeys[type] : undefined) ?? guessField(value);
  if (manifest.text('kind') !== 'Secret' || field === undefined) {
    others.count++;
    return;
  }
  readSecret(manifest, field, place, options, findings);
}

/** Some tools leave the type out; the key tells. */
function guessField(manifest: MapValue): string | undefined {
  const notes: ImportNote[] = [];
  const root = new Entry(manifest, '', notes);
  const type = root.text('type');
  if (type !== undefined && type !== 'Opaque') return undefined;
  const keys = [
    ...(root.has('data') ? (root.map('data')?.keys() ?? []) : []),
    ...(root.has('stringData') ? (root.map('stringData')?.keys() ?? []) : []),
  ];
  return Object.values(pullSecretKeys).find((key) => keys.includes(key));
}

function readSecret(manifest: Entry, field: string, place: string, options: ImportOptions, findings: Findings): void {
  const metadata = manifest.map('metadata');
  const secretName = metadata?.text('name') ?? '';
  const namespace = metadata?.text('namespace');
  const from = [place, `Secret ${namespace === undefined ? '' : `${namespace}/`}${secretName}`].filter(Boolean).join(', ');
  const text =
    (manifest.has('stringData') ? manifest.map('stringData')?.secret(field) : undefined) ?? decoded(manifest.map('data')?.secret(field));
  if (text === undefined) {
    findings.notes.push({ level: 'warning', key: from, message: `Its ${field} is missing or is not base64. It is left out.` });
    return;
  }
  const inner: Findings = { candidates: [], notes: [] };
  let content: Value | undefined;
  try {
    [content] = readDocument({ name: from, content: text }, 0, 1).values;
  } catch {
    // What is wrong with it may quote it; that it is no JSON is enough to find it.
  }
  if (!isMapValue(content)) {
    findings.notes.push({
      level: 'warning',
      key: from,
      message: `Its ${field} is not the JSON that Kubernetes wants there. It is left out.`,
    });
    return;
  }
  readConfig(new Entry(content, '', inner.notes), from, inner);
  findings.notes.push(...inner.notes.map((note) => ({ ...note, key: `${from}: ${note.key}`.slice(0, 200) })));
  for (const candidate of inner.candidates) {
    if (options.credentials === 'refer') {
      if (namespace === undefined) {
        candidate.notes.push({
          level: 'warning',
          key: from,
          message: 'The manifest names no namespace, so the secret cannot be referred to: its credential is copied.',
        });
      } else candidate.credential = { kind: 'source', source: `pullsecret:${namespace}/${secretName}` };
    }
    findings.candidates.push(candidate);
  }
}

function decoded(base64: string | undefined): string | undefined {
  const packed = base64?.replace(/\s+/g, '') ?? '';
  if (packed === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) return undefined;
  return Buffer.from(packed, 'base64').toString('utf8');
}
