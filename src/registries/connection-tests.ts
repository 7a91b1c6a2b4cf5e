import type { Clock } from '../core/clock.ts';
import { CredentialError, InvalidSettings } from '../core/errors.ts';
import type { HubEvents } from '../core/events.ts';
import type { ProviderSet } from '../provider/set.ts';
import { catalogContext, clientOptions, issueCredential, knownSecrets, usesOwnApi } from './connect.ts';
import type { OutboundPolicy, SecretSources } from './deps.ts';
import { type DoctorSubject, isPassing, runDoctor, steps, unreadableAddress } from './doctor/index.ts';
import type { RegistryConfiguration } from './draft.ts';
import { SourceReader, sourcesOf } from './readings.ts';
import type { RegistryStore } from './store.ts';
import type { DoctorOptions, DoctorReport, DoctorStep, Registry } from './types.ts';
import type { Vault } from './vault.ts';

export interface ConnectionTestsDeps {
  vault: Vault;
  sources: SecretSources;
  providers: ProviderSet;
  policy: OutboundPolicy;
  clock: Clock;
  rows: RegistryStore;
  events: HubEvents;
  onFailure?: (error: unknown) => void;
  /** From 0 to 1; replaced in tests. */
  random?: () => number;
}

const hour = 3_600_000;
/** What may be over soon is looked at again sooner; a wrong password is not, since asking often locks accounts. */
const soonAgain = 10 * 60_000;

/** Runs the doctor over configurations, and keeps what it found of saved registries. */
export class ConnectionTests {
  readonly #deps: ConnectionTestsDeps;

  constructor(deps: ConnectionTestsDeps) {
    this.#deps = deps;
  }

  /**
   * An address that cannot be read is the doctor's first finding; other fields at fault are thrown as InvalidSettings.
   *
   * @param begun waited for before anything is asked
   */
  async *run(
    resolve: () => RegistryConfiguration,
    options: DoctorOptions,
    signal: AbortSignal,
    begun: (configuration: RegistryConfiguration) => Promise<void> = async () => {},
  ): AsyncGenerator<DoctorStep, DoctorReport, undefined> {
    let subject: DoctorSubject;
    try {
      subject = this.#subject(resolve());
    } catch (error) {
      const report = this.#unreadable(error);
      yield* report.steps;
      return report;
    }
    await begun(subject.configuration);
    return yield* runDoctor(subject, options, signal);
  }

  /** Keeps what was found, unless the registry was edited while it was looked at: then it is due again. */
  async keep({ id, version }: Pick<Registry, 'id' | 'version'>, report: DoctorReport): Promise<void> {
    const { rows, clock, events, random = Math.random } = this.#deps;
    const now = clock.now();
    const pause = (report.state === 'failing' && isPassing(report.code) ? soonAgain : hour) * (0.9 + 0.2 * random());
    const kept = await rows.saveCheck({
      registryId: id,
      version,
      state: report.state,
      checkedAt: now,
      nextAt: Math.round(now + pause),
      report,
    });
    if (kept) events.emit('registry.checked', { id, state: report.state });
  }

  #subject(configuration: RegistryConfiguration): DoctorSubject {
    const { vault, sources, providers, policy, clock, onFailure } = this.#deps;
    const reader = new SourceReader(configuration, sources, clock);
    const secrets = knownSecrets(configuration, vault);
    return {
      configuration,
      providers,
      client: clientOptions(configuration, vault, policy),
      issueCredential: async (http, signal) => {
        const readings = await reader.read(signal);
        secrets.push(...Object.values(readings.values).map((value) => value.reveal()));
        return issueCredential(configuration, { vault, policy, readings }, { http, clock, signal });
      },
      catalogContext: async (client, credential, signal) => {
        const readings = await reader.current(signal);
        if (!usesOwnApi(configuration, readings)) return undefined;
        return catalogContext(configuration, { vault, policy, readings }, { client, credential, clock, signal });
      },
      secrets,
      sources: sourcesOf(configuration).map(({ source }) => sources.describe(source)),
      clock,
      ...(policy.doctor && { timeouts: policy.doctor }),
      ...(onFailure && { onFailure }),
    };
  }

  #unreadable(error: unknown): DoctorReport {
    const { clock } = this.#deps;
    if (error instanceof InvalidSettings && error.fields.length > 0 && error.fields.every(({ field }) => field === 'url')) {
      return unreadableAddress(error.message, steps, clock.now());
    }
    if (error instanceof CredentialError && error.code === 'unseal_failed') return lostSecrets(error, clock.now());
    throw error;
  }
}

/** The registry cannot be tested, since its secrets cannot be opened: its check says so. */
function lostSecrets(error: CredentialError, startedAt: number): DoctorReport {
  const found: DoctorStep[] = steps.map(({ id, title }) =>
    id === 'credential'
      ? {
          id,
          title,
          state: 'failed',
          durationMs: 0,
          summary: error.message.replace(/\.$/, ''),
          code: error.code,
          help: 'Edit this registry and enter its secrets again.',
        }
      : { id, title, state: 'skipped', summary: 'waits for the credential' },
  );
  return {
    state: 'failing',
    startedAt: new Date(startedAt).toISOString(),
    durationMs: 0,
    summary: error.message,
    code: error.code,
    steps: found,
  };
}
