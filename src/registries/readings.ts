import type { Clock } from '../core/clock.ts';
import { CredentialError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Credential } from '../oci/index.ts';
import { cleanValue } from '../provider/clean.ts';
import { externalSignIn } from '../provider/external.ts';
import type { SecretSources } from './deps.ts';
import type { RegistryConfiguration } from './draft.ts';
import { referenceHosts } from './prefix.ts';

/** What was read of a registry's sources. Never stored, never shown. */
export interface Readings {
  /** Values of secret fields, by name. */
  values: Readonly<Record<string, Secret<string>>>;
  /** With the way of signing in `external`: the whole credential. */
  credential?: Credential;
}

const nothing: Readings = { values: {} };
/** A changed source is noticed after this time at the latest, in milliseconds. */
const lifetime = 5 * 60_000;

/** Reads the sources of one registry, and remembers for a moment what they said: a listing must not start a program a page. */
export class SourceReader {
  readonly #configuration: RegistryConfiguration;
  readonly #sources: SecretSources;
  readonly #clock: Clock;
  #last: { readings: Readings; at: number } | undefined;
  #flight: Promise<Readings> | undefined;

  constructor(configuration: RegistryConfiguration, sources: SecretSources, clock: Clock) {
    this.#configuration = configuration;
    this.#sources = sources;
    this.#clock = clock;
  }

  /** Reads now: when a credential is issued. @throws CredentialError with `context.field`, the field of the form at fault */
  async read(signal?: AbortSignal): Promise<Readings> {
    if (sourcesOf(this.#configuration).length === 0) return nothing;
    const readings = await readSources(this.#configuration, this.#sources, signal);
    this.#last = { readings, at: this.#clock.now() };
    return readings;
  }

  /**
   * What was read last, if that was a while ago at most.
   *
   * @param age milliseconds
   */
  async current(signal?: AbortSignal, age = lifetime): Promise<Readings> {
    if (this.#last && this.#clock.now() - this.#last.at < age) return this.#last.readings;
    this.#flight ??= this.read().finally(() => (this.#flight = undefined));
    const readings = await this.#flight;
    signal?.throwIfAborted();
    return readings;
  }
}

/** Where the secrets of a registry are read: field of the form → reference. Empty when all of them are stored. */
export function sourcesOf({
  signIn,
  settings,
  sources,
}: Pick<RegistryConfiguration, 'signIn' | 'settings' | 'sources'>): { field: string; name?: string; source: string }[] {
  const fields = Object.entries(sources).map(([name, source]) => ({ field: `sources.${name}`, name, source }));
  const whole = signIn === externalSignIn ? settings.source : undefined;
  return typeof whole === 'string' ? [{ field: 'fields.source', source: whole }, ...fields] : fields;
}

/** Changes when what is behind a registry's sources changed, as far as that can be seen. Empty without sources. */
export async function sourceStamp(
  configuration: Pick<RegistryConfiguration, 'signIn' | 'settings' | 'sources'>,
  sources: SecretSources,
): Promise<string> {
  const stamps = await Promise.all(sourcesOf(configuration).map(({ source }) => sources.stamp(source)));
  return stamps.filter(Boolean).join('\n');
}

async function readSources(configuration: RegistryConfiguration, sources: SecretSources, signal?: AbortSignal): Promise<Readings> {
  const question = { host: credentialHost(configuration), ...(signal && { signal }) };
  const values: Record<string, Secret<string>> = {};
  let credential: Credential | undefined;
  for (const { field, name, source } of sourcesOf(configuration)) {
    signal?.throwIfAborted();
    try {
      if (name === undefined) credential = await sources.readCredential(source, question);
      else values[name] = fitting(configuration, name, await sources.readValue(source, question), sources.describe(source));
    } catch (error) {
      throw atField(error, field);
    }
  }
  return { values, ...(credential && { credential }) };
}

/** What was read is taken as if it were typed: line ends around it go, what cannot be meant is refused. */
function fitting({ provider, signIn }: RegistryConfiguration, name: string, read: Secret<string>, from: string): Secret<string> {
  const schema = { ...provider.settings.shape, ...provider.signIn[signIn]?.fields.shape }[name];
  const cleaned = schema ? cleanValue(name, schema, read.reveal()) : undefined;
  if (typeof cleaned?.value === 'string') return new Secret(cleaned.value);
  throw new CredentialError(`What was read from ${from} cannot be used. ${cleaned?.fault ?? 'It is empty.'}`, {
    code: 'credential_source_failed',
  });
}

/** Configurations that hold credentials of many hosts are asked by what references of the registry begin with. */
function credentialHost({ prefix = '', url, provider }: RegistryConfiguration): string {
  const slash = prefix.indexOf('/');
  const host = slash === -1 ? prefix : prefix.slice(0, slash);
  if (referenceHosts(url, provider).includes(host)) return prefix;
  return slash === -1 ? url.host : `${url.host}${prefix.slice(slash)}`;
}

function atField(error: unknown, field: string): unknown {
  if (!(error instanceof CredentialError)) return error;
  const { message, code, fault, cause, context } = error;
  return new CredentialError(message, { code, fault, cause, context: { ...context, field } });
}
