import type { AnyProvider } from '../provider/define.ts';
import { fieldMeta } from '../provider/field.ts';
import { secretNames } from '../provider/settings.ts';
import type { FieldValue, Registry } from '../registries/index.ts';
import type { Candidate } from './candidate.ts';
import { clientKey, clientPassphrase, proxyPassword } from './compose.ts';
import type { ImportEntry, ImportSecret } from './types.ts';

/** Sets apart what is secret to this provider, whatever the way of signing in. */
export function splitSecrets(
  provider: AnyProvider,
  fields: Readonly<Record<string, FieldValue | null>>,
): { plain: Record<string, FieldValue | null>; secret: Record<string, string> } {
  const names = new Set(secretNames(provider));
  const plain: Record<string, FieldValue | null> = {};
  const secret: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!names.has(name)) plain[name] = value;
    else if (value !== null) secret[name] = String(value);
  }
  return { plain, secret };
}

const connectionLabels: Readonly<Record<string, string>> = {
  [clientKey]: 'Key of the client certificate',
  [clientPassphrase]: 'Passphrase of the client key',
  [proxyPassword]: 'Password of the proxy',
};

/** The secrets that an entry has or needs, and where each of them is. */
export function secretsOf(
  provider: AnyProvider,
  entry: Pick<ImportEntry, 'input'> & { values: Readonly<Record<string, string>> },
  { needs = [] }: Candidate,
  existing: Registry | undefined,
): ImportSecret[] {
  const { input, values } = entry;
  const method = input.signIn ?? existing?.signIn ?? Object.keys(provider.signIn)[0] ?? '';
  const way = Object.hasOwn(provider.signIn, method) ? provider.signIn[method] : undefined;
  const shape = { ...provider.settings.shape, ...way?.fields.shape };
  const stored = existing?.provider === provider.id ? existing.secretsSet : [];
  const stateOf = (field: string): ImportSecret['state'] =>
    Object.hasOwn(values, field)
      ? 'found'
      : input.sources && Object.hasOwn(input.sources, field) && input.sources[field] !== null
        ? 'source'
        : stored.includes(field) || (existing && Object.hasOwn(existing.sources, field))
          ? 'stored'
          : 'missing';
  const secrets: ImportSecret[] = [];
  for (const [field, schema] of Object.entries(shape)) {
    const meta = fieldMeta(schema);
    if (!meta?.secret) continue;
    const state = stateOf(field);
    const isNeeded = needs.includes(field) || !schema.safeParse(undefined).success;
    if (state !== 'missing' || isNeeded) secrets.push({ field, label: meta.label, state });
  }
  for (const [field, label] of Object.entries(connectionLabels)) {
    const state = stateOf(field);
    const isNeeded = needs.includes(field) || (field === clientKey && Boolean(input.connection?.clientCertificate));
    if (Object.hasOwn(values, field) || isNeeded) secrets.push({ field, label, state });
  }
  return secrets;
}

/** The field at which the registries' rules complain of a missing secret. */
export function missingField(secret: string): string {
  return secret === clientKey ? 'connection.clientCertificate.key' : secret.startsWith('connection.') ? secret : `fields.${secret}`;
}
