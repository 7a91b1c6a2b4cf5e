import { type Command, Option } from 'commander';
import type { FieldDescription, Provider } from '../sdk/index.ts';
import { UsageError } from './errors.ts';

/** What the derived flags of a command line say. */
export interface ProviderFlags {
  /** Values by field name, all of them text; the hub converts by the field's type. */
  fields: Record<string, string | boolean>;
  /** Ways of signing in that were named by a flag of their own (`--role`). */
  methods: string[];
  /** Fields whose value is to be read from standard input. */
  stdin: string[];
}

/** `accessKeyId` → `access-key-id`. */
export function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

const methodLooksSecret = /password|secret|token|key|credential/i;

/** Where a flag comes from, over all providers that have it. */
interface Derived {
  flag: string;
  kind: 'value' | 'switch' | 'stdin' | 'method';
  name: string;
  help: string;
  providers: Set<string>;
  choices?: readonly string[];
}

/**
 * Flags that the providers' settings and ways of signing in give rise to. Nothing of it is written down here: a new
 * provider has its flags as soon as the hub knows it. A secret field has no flag that takes its value, only
 * `--<field>-stdin`.
 */
export function deriveFlags(providers: readonly Provider[], reserved: ReadonlySet<string>): Derived[] {
  const derived = new Map<string, Derived>();
  const add = (entry: Omit<Derived, 'providers'>, provider: Provider): void => {
    if (reserved.has(entry.flag)) return;
    const known = derived.get(entry.flag);
    if (!known) {
      derived.set(entry.flag, { ...entry, providers: new Set([provider.id]) });
      return;
    }
    known.providers.add(provider.id);
    // One flag for fields of two providers: each provider's own validation decides.
    if (known.choices?.join() !== entry.choices?.join()) known.choices = undefined;
  };
  const addField = (field: FieldDescription, provider: Provider): void => {
    const flag = `--${kebab(field.name)}`;
    if (field.secret)
      add({ flag: `${flag}-stdin`, kind: 'stdin', name: field.name, help: `read “${field.label}” from standard input` }, provider);
    else if (field.type === 'boolean') add({ flag, kind: 'switch', name: field.name, help: sentence(field) }, provider);
    else
      add(
        { flag, kind: 'value', name: field.name, help: sentence(field), choices: field.options?.map((option) => option.value) },
        provider,
      );
  };
  for (const provider of providers) for (const field of provider.fields) addField(field, provider);
  for (const provider of providers) for (const method of provider.signIn) for (const field of method.fields) addField(field, provider);
  for (const provider of providers) {
    if (provider.signIn.length < 2) continue;
    for (const method of provider.signIn) {
      // `--password` as a switch would invite people to put the password behind it.
      if (methodLooksSecret.test(method.method)) continue;
      add({ flag: `--${kebab(method.method)}`, kind: 'method', name: method.method, help: `sign in: ${method.title}` }, provider);
    }
  }
  return [...derived.values()];
}

function sentence(field: FieldDescription): string {
  return field.example ? `${field.label}, e.g. ${field.example}` : field.label;
}

/** Adds the derived flags to a command, grouped by provider where only one has them. */
export function addProviderFlags(command: Command, providers: readonly Provider[], reserved: ReadonlySet<string>): Derived[] {
  const derived = deriveFlags(providers, reserved);
  const titles = new Map(providers.map((provider) => [provider.id, provider.title]));
  for (const entry of derived) {
    const only = entry.providers.size === 1 ? titles.get([...entry.providers][0] as string) : undefined;
    const group = only ? `${only}:` : 'Provider:';
    const option = new Option(entry.kind === 'value' ? `${entry.flag} <value>` : entry.flag, entry.help).helpGroup(group);
    if (entry.choices) option.choices(entry.choices);
    command.addOption(option);
    if (entry.kind === 'switch') command.addOption(new Option(`--no-${entry.flag.slice(2)}`).hideHelp());
  }
  return derived;
}

/** Reads the derived flags back after parsing. */
export function readProviderFlags(command: Command, derived: readonly Derived[]): ProviderFlags {
  const flags: ProviderFlags = { fields: {}, methods: [], stdin: [] };
  for (const entry of derived) {
    const option = command.options.find((candidate) => candidate.long === entry.flag);
    if (!option) continue;
    const key = option.attributeName();
    if (command.getOptionValueSource(key) !== 'cli') continue;
    const value: unknown = command.getOptionValue(key);
    if (entry.kind === 'stdin') flags.stdin.push(entry.name);
    else if (entry.kind === 'method') flags.methods.push(entry.name);
    else if (typeof value === 'string' || typeof value === 'boolean') flags.fields[entry.name] = value;
  }
  return flags;
}

/** `['region=eu-west-1']` → pairs; for `--field` and `--secret-file`. */
export function parsePairs(texts: readonly string[], flag: string, example: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at <= 0) throw new UsageError(`${flag} takes name=value.`, `Write it as ${flag} ${example}.`);
    const name = text.slice(0, at);
    if (pairs.has(name)) throw new UsageError(`${flag} names “${name}” twice.`, 'Leave one out.');
    pairs.set(name, text.slice(at + 1));
  }
  return pairs;
}

/** The way of signing in: named, or the first one that has all the fields that were given. */
export function chooseSignIn(provider: Provider, named: readonly string[], given: readonly string[]): Provider['signIn'][number] {
  const names = [...new Set(named)];
  if (names.length > 1) throw new UsageError(`Two ways of signing in were named: ${names.join(' and ')}.`, 'Leave one out.');
  const [name] = names;
  if (name !== undefined) {
    const method = provider.signIn.find((candidate) => candidate.method === name);
    if (method) return method;
    throw new UsageError(
      `${provider.title} has no way of signing in called “${name}”.`,
      `Use --sign-in ${provider.signIn.map((candidate) => candidate.method).join(' | ')}.`,
    );
  }
  const common = new Set(provider.fields.map((field) => field.name));
  const own = given.filter((field) => !common.has(field));
  const fitting = provider.signIn.find((method) => own.every((field) => method.fields.some((candidate) => candidate.name === field)));
  if (fitting) return fitting;
  const known = new Set(provider.signIn.flatMap((method) => method.fields.map((field) => field.name)));
  const unknown = own.filter((field) => !known.has(field));
  if (unknown.length > 0) {
    const names = [...common, ...known];
    throw new UsageError(
      `${provider.title} has no ${unknown.length === 1 ? 'setting' : 'settings'} called ${unknown.map((field) => `“${field}”`).join(', ')}.`,
      `Its settings are: ${names.join(', ')}.`,
    );
  }
  throw new UsageError(
    `No single way of signing in to ${provider.title} uses ${own.join(' and ')} together.`,
    `Name one with --sign-in ${provider.signIn.map((candidate) => candidate.method).join(' | ')}.`,
  );
}
