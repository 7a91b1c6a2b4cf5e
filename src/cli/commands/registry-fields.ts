import type { FieldDescription, Provider } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { ask, askSecret, isInteractive, readSecretFromStdin } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { chooseSignIn, kebab, type ProviderFlags, parsePairs } from '../provider-flags.ts';
import { readTextFile } from '../standalone/client.ts';
import type { SettingsOptions } from './registry-options.ts';

/** Names in --secret-file that are no provider's field. */
const connectionSecrets = ['proxy-password', 'client-key-passphrase'] as const;
export type ConnectionSecret = (typeof connectionSecrets)[number];

export interface FieldValues {
  signIn: Provider['signIn'][number];
  /** For the request; holds secrets. */
  fields: Record<string, string | number | boolean>;
  /** Which of them are secret, for `--dry-run`. */
  secrets: ReadonlySet<string>;
  /** Secret field → where the hub reads it; `null` ends that. Absent when none was named. */
  sources?: Record<string, string | null>;
  connectionSecrets: ReadonlyMap<ConnectionSecret, string>;
}

export interface FieldSource {
  provider: Provider;
  flags: ProviderFlags;
  options: SettingsOptions;
  /** Values that the URL says; used where nothing else was given. */
  inferred?: Readonly<Record<string, string>>;
  /** An edit: the way of signing in that is kept unless the fields say otherwise, and the secrets that are stored. */
  existing?: { signIn: string; secretsSet: readonly string[]; settings: Readonly<Record<string, unknown>> };
}

/** Collects a provider's fields from flags, files, standard input and, on a terminal, questions. */
export async function collectFields(cli: Cli, source: FieldSource): Promise<FieldValues> {
  const { provider, flags, options, existing } = source;
  const given: Record<string, string | boolean> = {
    ...flags.fields,
    ...Object.fromEntries(parsePairs(options.field ?? [], '--field', 'region=eu-west-1')),
  };
  const sources = parseSources(options.source ?? []);
  if (sources.whole !== undefined) given.source = sources.whole;
  refuseSecrets(provider, Object.keys(given));
  const files = parsePairs(options.secretFile ?? [], '--secret-file', 'password=/run/secrets/password');
  const connection = new Map<ConnectionSecret, string>();
  for (const name of connectionSecrets) {
    const path = files.get(name);
    if (path !== undefined) connection.set(name, stripLineEnd(await readTextFile(path, '--secret-file')));
    files.delete(name);
  }
  const secretNames = [...files.keys(), ...flags.stdin, ...Object.keys(sources.fields)];
  const named = [...(options.signIn ? [options.signIn] : []), ...flags.methods];
  const signIn =
    (await askSignIn(cli, source, [...named, ...Object.keys(given), ...secretNames])) ??
    pickSignIn(source, named, [...Object.keys(given), ...secretNames]);
  const all = [...provider.fields, ...signIn.fields];
  const byName = new Map(all.map((field) => [field.name, field]));

  const values: Record<string, string | number | boolean> = {};
  for (const [name, text] of Object.entries(given)) values[name] = convert(fieldOf(byName, name, provider), text);
  for (const [name, path] of files) values[name] = await secretFromFile(fieldOf(byName, name, provider), path);
  await readFromStdin(cli, source, signIn, byName, values);
  refusePlainSources(Object.keys(sources.fields), byName, provider);

  const isKept = (field: FieldDescription): boolean =>
    existing !== undefined && existing.signIn === signIn.method && (field.secret ? existing.secretsSet.includes(field.name) : true);
  for (const field of all) {
    if (field.name in values || isKept(field)) continue;
    const inferred = source.inferred?.[field.name];
    if (inferred !== undefined && !field.secret) values[field.name] = convert(field, inferred);
  }
  const isRead = (field: FieldDescription): boolean => typeof sources.fields[field.name] === 'string';
  const missing = all.filter(
    (field) => !(field.name in values) && !isRead(field) && !isKept(field) && field.required && field.default === undefined,
  );
  // A look at what would be sent needs no secret: none would be shown.
  if (options.dryRun) for (const field of missing) if (field.secret) values[field.name] = '';
  await askFor(
    cli,
    signIn,
    missing.filter((field) => !(field.name in values)),
    values,
  );
  if (options.askSecrets)
    await askAgain(
      cli,
      all.filter((field) => !isRead(field)),
      values,
    );
  return {
    signIn,
    fields: values,
    secrets: new Set(all.filter((field) => field.secret).map((field) => field.name)),
    ...(Object.keys(sources.fields).length > 0 && { sources: sources.fields }),
    connectionSecrets: connection,
  };
}

/**
 * `--source password=vault:ci/registry#password` for a field, `--source exec:registry-login` for the whole credential. Nothing
 * behind `=` ends it. Each kind of source has a colon before anything that could be taken for a field's name.
 */
export function parseSources(texts: readonly string[]): { whole?: string; fields: Record<string, string | null> } {
  const named = texts.filter((text) => /^[a-z][A-Za-z0-9]*=/.test(text));
  const [whole, ...more] = texts.filter((text) => !named.includes(text));
  if (more.length > 0)
    throw new UsageError('--source names two places for one credential.', 'Leave one out, or name the fields: --source password=<source>.');
  const fields = [...parsePairs(named, '--source', 'password=env:REGISTRY_PASSWORD')].map(([name, text]) => [name, text || null]);
  return { ...(whole !== undefined && { whole }), fields: Object.fromEntries(fields) as Record<string, string | null> };
}

function refusePlainSources(names: readonly string[], byName: ReadonlyMap<string, FieldDescription>, provider: Provider): void {
  for (const name of names) {
    if (!fieldOf(byName, name, provider).secret)
      throw new UsageError(`“${name}” is no secret, and not read elsewhere.`, `Give its value: --${kebab(name)} <value>.`);
  }
}

/** On a terminal, where nothing says how to sign in, the person chooses. */
async function askSignIn(
  cli: Cli,
  { provider, options, existing }: FieldSource,
  hints: readonly string[],
): Promise<Provider['signIn'][number] | undefined> {
  const isOpen = hints.length === 0 && !options.passwordStdin && !existing && provider.signIn.length > 1;
  if (!isOpen || !isInteractive(cli.io)) return undefined;
  cli.io.stderr.write(`Ways of signing in to ${printable(provider.title)}:\n`);
  provider.signIn.forEach((method, index) => cli.io.stderr.write(`  ${index + 1}  ${printable(method.title)}\n`));
  for (;;) {
    const answer = await ask(cli.io, 'Which one', { default: '1', signal: cli.signal });
    const chosen = provider.signIn.find((method, index) => answer === String(index + 1) || answer === method.method);
    if (chosen) return chosen;
  }
}

function pickSignIn({ provider, existing }: FieldSource, named: readonly string[], given: readonly string[]): Provider['signIn'][number] {
  const current = existing && provider.signIn.find((method) => method.method === existing.signIn);
  if (current && named.length === 0) {
    const known = new Set([...provider.fields, ...current.fields].map((field) => field.name));
    if (given.every((name) => known.has(name))) return current;
  }
  return chooseSignIn(provider, named, given);
}

/** `--field password=…` would put the secret where every program can read it. */
function refuseSecrets(provider: Provider, names: readonly string[]): void {
  const secrets = new Set(
    [...provider.fields, ...provider.signIn.flatMap((method) => method.fields)].filter((field) => field.secret).map((field) => field.name),
  );
  const name = names.find((candidate) => secrets.has(candidate));
  if (name === undefined) return;
  throw new UsageError(
    `“${name}” is secret and not accepted as an argument: other programs of this machine can read arguments, and the shell keeps them.`,
    `Leave it out to be asked, use --${kebab(name)}-stdin or --secret-file ${name}=<path>. Change the secret if it was a real one.`,
  );
}

function fieldOf(byName: ReadonlyMap<string, FieldDescription>, name: string, provider: Provider): FieldDescription {
  const field = byName.get(name);
  if (field) return field;
  throw new UsageError(
    `${provider.title} has no field “${name}” with this way of signing in.`,
    `Its fields are: ${[...byName.keys()].join(', ')}.`,
  );
}

function convert(field: FieldDescription, value: string | boolean): string | number | boolean {
  if (field.type === 'boolean') {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw new UsageError(`“${field.label}” is either true or false.`, `Write --field ${field.name}=true.`);
  }
  if (field.type === 'number') {
    const number = Number(value);
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(number)) return number;
    throw new UsageError(`“${field.label}” has to be a number.`, field.example ? `For example ${field.example}.` : undefined);
  }
  return String(value);
}

const stripLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

async function secretFromFile(field: FieldDescription, path: string): Promise<string> {
  const text = await readTextFile(path, '--secret-file');
  const value = field.multiline ? text : stripLineEnd(text);
  if (value.trim() === '') throw new UsageError(`${path}, named by --secret-file, is empty.`, 'Check that it is the right file.');
  return value;
}

/** `--password-stdin` fills the method's password, or its only secret whatever its name. */
async function readFromStdin(
  cli: Cli,
  { flags, options }: FieldSource,
  signIn: Provider['signIn'][number],
  byName: ReadonlyMap<string, FieldDescription>,
  values: Record<string, string | number | boolean>,
): Promise<void> {
  const names = [...flags.stdin];
  if (options.passwordStdin) {
    const secrets = [...byName.values()].filter((field) => field.secret);
    const field =
      secrets.find((candidate) => candidate.name === 'password') ?? secrets.find((candidate) => candidate.required) ?? secrets[0];
    if (!field)
      throw new UsageError(`“${signIn.title}” takes no secret.`, 'Leave out --password-stdin, or name another way with --sign-in.');
    names.push(field.name);
  }
  const [name] = names;
  if (name === undefined) return;
  if (names.length > 1)
    throw new UsageError('Standard input can hold one secret only.', 'Give the others with --secret-file <field>=<path>.');
  values[name] = await readSecretFromStdin(cli.io, options.passwordStdin ? '--password-stdin' : `--${kebab(name)}-stdin`);
}

async function askFor(
  cli: Cli,
  signIn: Provider['signIn'][number],
  missing: readonly FieldDescription[],
  values: Record<string, string | number | boolean>,
): Promise<void> {
  if (missing.length === 0) return;
  if (!isInteractive(cli.io)) {
    const flags = missing.map((field) =>
      field.secret ? `--${kebab(field.name)}-stdin (or --secret-file ${field.name}=<path>)` : `--${kebab(field.name)} <value>`,
    );
    throw new UsageError(
      `“${signIn.title}” also needs ${missing.map((field) => field.label).join(', ')}.`,
      `Add ${flags.join(', ')}; or name another way of signing in with --sign-in.`,
    );
  }
  for (const field of missing) values[field.name] = await askField(cli, field);
}

async function askField(cli: Cli, field: FieldDescription): Promise<string | number | boolean> {
  const hint = field.example && !field.secret ? ` (e.g. ${field.example})` : '';
  if (field.multiline) {
    const path = await ask(cli.io, `File with ${field.label}`, { signal: cli.signal });
    return readTextFile(path, field.label);
  }
  if (field.secret) return askSecret(cli.io, field.label, { signal: cli.signal });
  for (;;) {
    const answer = await ask(cli.io, `${field.label}${hint}`, { signal: cli.signal });
    if (field.options && !field.options.some((option) => option.value === answer)) {
      cli.io.stderr.write(`One of: ${field.options.map((option) => option.value).join(', ')}\n`);
      continue;
    }
    return convert(field, answer);
  }
}

async function askAgain(cli: Cli, fields: readonly FieldDescription[], values: Record<string, string | number | boolean>): Promise<void> {
  if (!isInteractive(cli.io))
    throw new UsageError('--ask-secrets needs a terminal.', 'Use --password-stdin or --secret-file <field>=<path>.');
  for (const field of fields) {
    if (!field.secret || field.name in values) continue;
    const answer = field.multiline
      ? await ask(cli.io, `File with ${field.label} (empty keeps it)`, { optional: true, signal: cli.signal })
      : await askSecret(cli.io, `${field.label}, empty keeps it`, { optional: true, signal: cli.signal });
    if (answer !== '') values[field.name] = field.multiline ? await readTextFile(answer, field.label) : answer;
  }
}
