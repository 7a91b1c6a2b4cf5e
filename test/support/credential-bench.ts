import { z } from 'zod';
import { CredentialError, TransportError } from '../../src/core/errors.ts';
import type { Credential } from '../../src/oci/index.ts';
import { defineProvider, field, ProviderSet, secret } from '../../src/provider/index.ts';
import type { Registry, RegistryInput } from '../../src/registries/index.ts';
import { buildImage, FakeClock, startRegistry } from '../../src/testing/index.ts';
import { registriesHub } from '../doctor/registries-hub.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary.ts';

const hour = 3_600_000;

/** A cloud that issues passwords of twelve hours for an access key, and a registry that takes the last of them. */
export class FakeIssuer {
  /** Keys that it knows; others are refused. */
  readonly keys = new Set(['key-1']);
  /** Nothing answers. */
  isDown = false;
  /** Calls that got a password. */
  issued = 0;
  /** Calls of any outcome. */
  asked = 0;
  lifetime = 12 * hour;
  /** What the vendor says of the ends of secrets. */
  ends: Record<string, number | undefined> = {};
  /** Calls wait for it. */
  gate: Promise<void> | undefined;
  readonly #clock: FakeClock;
  readonly #onIssue: (password: string) => void;

  constructor(clock: FakeClock, onIssue: (password: string) => void) {
    this.#clock = clock;
    this.#onIssue = onIssue;
  }

  readonly provider = defineProvider({
    id: 'issuing',
    title: 'Issuing registry',
    icon: '<svg viewBox="0 0 24 24"/>',
    docs: 'providers/issuing.md',
    url: { example: 'registry.test' },
    hosts: [],
    settings: z.object({ region: field(z.string().optional(), { label: 'Region' }) }),
    signIn: {
      key: {
        title: 'Access key',
        fields: z.object({
          account: field(z.string().optional(), { label: 'Account' }),
          key: secret(z.string(), { label: 'Access key' }),
        }),
      },
      token: { title: 'Token', fields: z.object({ token: secret(z.string(), { label: 'Access token' }) }) },
    },
    traits: { catalog: 'registry', referrers: 'probe', delete: 'probe', mount: true, createRepository: false },
    issueCredential: async ({ signIn }) => {
      if (signIn.method === 'token') return { kind: 'basic', username: 'ci', password: signIn.token };
      return this.#issue(signIn.key);
    },
    secretEnds: async () => this.ends,
  });

  async #issue(key: string): Promise<Credential> {
    this.asked += 1;
    await this.gate;
    if (this.isDown) throw new TransportError('The issuer is down.', { code: 'connection_refused' });
    if (!this.keys.has(key)) throw new CredentialError('The access key was refused.', { code: 'credential_refused' });
    this.issued += 1;
    const password = `geheim-${key}-${this.issued}`;
    this.#onIssue(password);
    return { kind: 'basic', username: 'ci', password, expiresAt: this.#clock.now() + this.lifetime };
  }
}

export type BenchHub = Awaited<ReturnType<typeof registriesHub>>;

/** A registry with its issuer, and hubs on one data folder: to be started, stopped and started again. */
export interface CredentialBench extends AsyncDisposable {
  clock: FakeClock;
  issuer: FakeIssuer;
  directory: TemporaryDirectory;
  /** A hub on the folder. The one before has to be gone. */
  start(): Promise<BenchHub>;
  /** Connects the registry with `key-1`. */
  connect(hub: BenchHub, input?: Partial<RegistryInput>): Promise<Registry>;
  /** Reads the tags of `app`, as a user of the registry does; answers the password that it went with. */
  read(hub: BenchHub, purpose?: string): Promise<string>;
  /** The password that the registry takes from now on. */
  accept(password: string): void;
}

export async function credentialBench(): Promise<CredentialBench> {
  // The doctor compares the clock with that of the registry.
  const clock = new FakeClock(Date.now());
  const directory = await temporaryDirectory('tagboat-credential');
  const registry = await startRegistry({ auth: { kind: 'basic', users: { ci: 'none yet' } } });
  registry.put('app', buildImage(), '1.0');
  const issuer = new FakeIssuer(clock, (password) => registry.auth.setPassword('ci', password));
  const providers = new ProviderSet([issuer.provider]);
  return {
    clock,
    issuer,
    directory,
    start: () => registriesHub({ clock, providers, directory }),
    connect: (hub, input = {}) =>
      hub.registries.create(hub.admin, {
        name: 'prod',
        provider: 'issuing',
        url: registry.url,
        signIn: 'key',
        fields: { key: 'key-1' },
        ...input,
      }),
    async read(hub, purpose = 'read tags') {
      const open = await hub.registries.open(hub.admin, 'prod', purpose);
      await Array.fromAsync(open.listTags('app'));
      const credential = await open.credential();
      return credential.kind === 'basic' ? credential.password : credential.kind;
    },
    accept: (password) => registry.auth.setPassword('ci', password),
    async [Symbol.asyncDispose]() {
      await registry.close();
      await directory.remove();
    },
  };
}
