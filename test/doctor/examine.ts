import type { LookupAddress } from 'node:dns';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { HubEvents } from '../../src/core/events.ts';
import { Secret } from '../../src/core/secret.ts';
import { CredentialSources } from '../../src/credentials/sources/index.ts';
import { loadProviders, type ProviderSet } from '../../src/provider/index.ts';
import { ConnectionTests } from '../../src/registries/connection-tests.ts';
import type { DoctorTimeouts } from '../../src/registries/index.ts';
import { resolveInput } from '../../src/registries/input.ts';
import { RegistryStore } from '../../src/registries/store.ts';
import type { DoctorOptions, DoctorReport, DoctorStep, DoctorStepId, RegistryInput } from '../../src/registries/types.ts';
import { Vault } from '../../src/registries/vault.ts';

export interface Examined {
  report: DoctorReport;
  /** Everything that was yielded, in order. */
  yielded: DoctorStep[];
  step(id: DoctorStepId): DoctorStep;
}

export interface ExamineOptions extends DoctorOptions {
  /** Names besides `localhost` that resolve to loopback. Everything else does not exist. */
  names?: readonly string[];
  clock?: Clock;
  timeouts?: DoctorTimeouts;
  signal?: AbortSignal;
  provider?: string;
}

let providers: Promise<ProviderSet> | undefined;

/** Runs the doctor over what a person would enter, over loopback only: names are resolved here, never by the network. */
export async function examine(input: Partial<RegistryInput>, options: ExamineOptions = {}): Promise<Examined> {
  providers ??= loadProviders();
  const set = await providers;
  const { names = [], clock = systemClock, timeouts = {}, signal = new AbortController().signal, ...doctor } = options;
  const keyring = {
    state: 'ready' as const,
    seal: () => '',
    unseal: () => new Secret(''),
  };
  const vault = new Vault(keyring);
  const tests = new ConnectionTests({
    vault,
    sources: new CredentialSources(),
    providers: set,
    clock,
    events: new HubEvents(),
    rows: undefined as unknown as RegistryStore,
    policy: { lookup: (name) => lookup(name, names), doctor: { connect: 2000, answer: 2000, total: 20_000, ...timeouts } },
  });
  const resolve = () =>
    resolveInput(
      { name: 'examined', ...input },
      { providers: set, administrator: true, reveal: (name, value) => vault.open(undefined, name, value) },
    );
  const yielded: DoctorStep[] = [];
  const run = tests.run(resolve, doctor, signal);
  for (;;) {
    const next = await run.next();
    if (next.done) {
      const report = next.value;
      const step = (id: DoctorStepId) => {
        const found = report.steps.find((one) => one.id === id);
        if (!found) throw new Error(`There is no step ${id}.`);
        return found;
      };
      return { report, yielded, step };
    }
    yielded.push(next.value);
  }
}

async function lookup(name: string, names: readonly string[]): Promise<LookupAddress[]> {
  if (name === 'localhost' || names.includes(name)) return [{ address: '127.0.0.1', family: 4 }];
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name });
}
