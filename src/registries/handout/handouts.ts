import { createHash } from 'node:crypto';
import type { Audit, Principal } from '../../access/index.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { Forbidden, TagboatError, TooManyRequests, UnsupportedError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import { printable } from '../../oci/text.ts';
import type { CredentialScope, ProviderContext, Workload } from '../../provider/define.ts';
import type { ProviderSet } from '../../provider/set.ts';
import type { OpenRegistry } from '../opener.ts';
import type { Registries } from '../registries.ts';
import { sourcesOf } from '../readings.ts';
import { isAmbient } from '../safeguard.ts';
import { mayFor, requireFor } from '../scope.ts';
import type { Registry } from '../types.ts';
import { HandoutAudit } from './handout-audit.ts';
import { Budget } from './budget.ts';
import { type Chosen, chooseRegistry } from './choose.ts';
import { beyondShown, grainReason } from './grain.ts';
import { RecentNames } from './recent-names.ts';
import { anonymousReason, isPortable, renderCredential } from './render.ts';
import type { Handout, HandoutRequest, HandoutScope } from './types.ts';

export interface HandoutsDeps {
  registries: Registries;
  providers: ProviderSet;
  audit: Audit;
  clock?: Clock;
}

/** Of providers that have no way to it. */
const narrowless = 'This kind of registry makes no credentials of a narrower scope.';

/** How long a narrowed credential should last: a build pushes for minutes, and it is renewed at half its life. */
const lifetime = 60 * 60_000;

/** What was issued for a request, before it is rendered. */
interface Issued {
  credential: Credential;
  origin: Handout['origin'];
  narrowed: boolean;
  reason?: string;
}

/**
 * Hands out credentials to clients of registries: narrowed ones where the registry can make them, else what the registry has,
 * to those who may use that. Every hand-out is recorded.
 */
export class Handouts {
  readonly #deps: HandoutsDeps;
  readonly #audit: HandoutAudit;
  readonly #names = new RecentNames();
  readonly #demands: Budget;
  readonly #narrowings: Budget;

  constructor(deps: HandoutsDeps) {
    const { clock = systemClock } = deps;
    this.#deps = deps;
    this.#audit = new HandoutAudit(deps.audit, clock);
    // Every node of a cluster may ask with the same token, for every image at once after a power cut.
    this.#demands = new Budget({ clock, burst: 1000, perSecond: 50 });
    // Each other scope is a call to the cloud of the registry.
    this.#narrowings = new Budget({ clock, burst: 200, perSecond: 5 });
  }

  /**
   * The credential that a request may be given.
   *
   * @throws NotFound when no registry is meant; Conflict when several are; Forbidden, TooManyRequests; UnsupportedError when
   * clients cannot be given what the registry is signed in to with; what the issuer failed with
   */
  async issue(principal: Principal, request: HandoutRequest, signal?: AbortSignal): Promise<Handout> {
    this.#demands.take(`${principal.kind} ${principal.id}`);
    const { registries, providers } = this.#deps;
    const chosen = await chooseRegistry(registries, providers, principal, request);
    const { registry } = chosen;
    requireFor(principal, 'credential:pull', registry);
    const mayUse = mayFor(principal, 'credential:use', registry);
    const push = request.push === 'if-allowed' ? mayUse : (request.push ?? false);
    if (push && !mayUse) {
      throw new Forbidden(`${principal.name} (${principal.role}) may pull with credentials of ${registry.name}, not push.`, {
        permission: 'credential:use',
        help: 'Ask for pulling only, or use a token of an operator.',
      });
    }
    if (!mayUse && !this.#canBeNarrow(registry, request)) throw onlyTheWhole(principal, registry, narrowless);
    const provider = providers.get(registry.provider);
    const beyond = mayUse ? undefined : beyondShown(registry, provider?.traits.scopedTo, chosen.repositories);
    const purpose = printable(request.purpose.trim(), 200);
    const open = await registries.open(principal, registry.id, purpose);
    const scope: CredentialScope = { repositories: chosen.repositories, push, lifetime };
    const issued = await this.#issue(principal, open, scope, request, { mayUse, beyond }, signal);
    const handout = this.#handout(chosen, issued, scope);
    await this.#audit.record(principal, handout, purpose);
    return handout;
  }

  /** Whether there can be something that a viewer may have; else the issuer is not even asked. */
  #canBeNarrow(registry: Registry, request: HandoutRequest): boolean {
    const provider = this.#deps.providers.get(registry.provider);
    if (provider?.issueScoped && provider.traits.scopedTo !== 'registry') return true;
    if (request.workload && provider?.issueForWorkload) return true;
    const elsewhere = sourcesOf(registry);
    const ambient = isAmbient(provider, registry.signIn, [...registry.secretsSet, ...Object.keys(registry.sources)]);
    const secrets = registry.secretsSet.some((name) => !name.startsWith('connection.'));
    return !ambient && !secrets && elsewhere.length === 0;
  }

  async #issue(
    principal: Principal,
    open: OpenRegistry,
    scope: CredentialScope,
    { workload, whole }: HandoutRequest,
    { mayUse, beyond }: { mayUse: boolean; beyond: string | undefined },
    signal: AbortSignal | undefined,
  ): Promise<Issued> {
    if (workload) {
      const credential = await this.#ofWorkload(principal, open, { annotations: {}, ...workload }, signal);
      if (credential) return { credential, origin: 'workload', narrowed: false, reason: 'It can do what the service account may.' };
    }
    let reason: string;
    try {
      if (whole) throw new CannotNarrow('The credential of the registry itself was asked for.');
      if (beyond !== undefined) throw new CannotNarrow(beyond);
      const credential = await this.#narrowed(principal, open, scope, signal);
      const wider = grainReason(open.provider.traits.scopedTo, scope.repositories);
      return { credential, origin: 'narrowed', narrowed: true, ...(wider !== undefined && { reason: wider }) };
    } catch (error) {
      if (signal?.aborted || !(error instanceof TagboatError) || error instanceof TooManyRequests) throw error;
      if (!mayUse && !(error instanceof CannotNarrow)) throw error;
      reason = error instanceof CannotNarrow ? error.message : `A narrower one could not be made: ${error.message}`;
    }
    const credential = await open.credentialForClient(signal);
    if (credential.kind === 'anonymous') return { credential, origin: 'none', narrowed: false, reason: anonymousReason(open.registry) };
    if (!mayUse) throw onlyTheWhole(principal, open.registry, reason);
    // A ready credential from elsewhere is as good as stored: it is not made for this.
    const stored = !(await open.usesOwnApi(signal)) || isStored(credential, await open.catalogContext(signal));
    return { credential, origin: stored ? 'stored' : 'issued', narrowed: false, reason };
  }

  async #narrowed(principal: Principal, open: OpenRegistry, scope: CredentialScope, signal?: AbortSignal): Promise<Credential> {
    const { provider } = open;
    if (!provider.issueScoped) throw new CannotNarrow(narrowless);
    if (!(await open.usesOwnApi(signal))) throw new CannotNarrow('Its credential comes ready from elsewhere.');
    const name = `scope:${digest([scope.push, [...scope.repositories].sort()])}`;
    return this.#derived(principal, open, name, signal, async (context) => {
      const credential = await provider.issueScoped?.(context, scope);
      if (credential && isPortable(credential) && credential.kind !== 'anonymous') return credential;
      throw new CannotNarrow('Signed in to this way, this registry makes no credentials of a narrower scope.');
    });
  }

  async #ofWorkload(principal: Principal, open: OpenRegistry, workload: Workload, signal?: AbortSignal): Promise<Credential | undefined> {
    const { provider } = open;
    if (!provider.issueForWorkload || !(await open.usesOwnApi(signal))) return undefined;
    const name = `workload:${digest([workload.token, Object.entries(workload.annotations).toSorted(([a], [b]) => (a < b ? -1 : 1))])}`;
    try {
      return await this.#derived(principal, open, name, signal, async (context) => {
        const credential = await provider.issueForWorkload?.(context, workload);
        if (credential && isPortable(credential)) return credential;
        throw new CannotNarrow('The annotations of the service account name no identity.');
      });
    } catch (error) {
      if (error instanceof CannotNarrow) return undefined;
      throw error;
    }
  }

  #derived(
    principal: Principal,
    open: OpenRegistry,
    name: string,
    signal: AbortSignal | undefined,
    make: (context: ProviderContext) => Promise<Credential>,
  ): Promise<Credential> {
    const full = `${open.registry.id} ${name}`;
    // Remembered once it was let through: whoever is refused does not get it by asking again.
    if (!this.#names.has(full)) this.#narrowings.take(`${principal.kind} ${principal.id}`);
    this.#names.add(full);
    return open.derivedCredential(name, make, signal);
  }

  #handout({ registry, repositories, hosts, shared }: Chosen, issued: Issued, { push }: CredentialScope): Handout {
    const { credential, origin, narrowed, reason } = issued;
    const slash = registry.prefix.indexOf('/');
    const host = slash < 0 ? registry.prefix : registry.prefix.slice(0, slash);
    const path = slash < 0 ? '' : registry.prefix.slice(slash);
    const scope: HandoutScope = { pull: true, push, repositories, narrowed, ...(reason !== undefined && { reason }) };
    const expiresAt = credential.expiresAt ?? (origin === 'stored' ? registry.secretEndsAt : undefined);
    return {
      registry: { id: registry.id, name: registry.name },
      server: hosts.includes('docker.io') ? 'https://index.docker.io/v1/' : host,
      hosts,
      prefixes: hosts.map((one) => `${one}${path}`),
      shared,
      ...renderCredential(credential, registry),
      ...(origin !== 'stored' && origin !== 'none' && credential.issuedAt !== undefined && { issuedAt: credential.issuedAt }),
      ...(expiresAt !== undefined && { expiresAt }),
      origin,
      scope,
    };
  }
}

/** The registry, or this way of signing in to it, makes no narrower credential. Kept by the broker like any failure. */
class CannotNarrow extends UnsupportedError {}

/** Whether it is what a person entered, and not something made from it. */
function isStored(credential: Credential, { signIn }: ProviderContext): boolean {
  const secret = credential.kind === 'basic' ? credential.password : credential.kind === 'identity' ? credential.token : undefined;
  return Object.values(signIn as Readonly<Record<string, unknown>>).includes(secret);
}

function onlyTheWhole(principal: Principal, registry: Registry, why: string): Forbidden {
  return new Forbidden(
    `${principal.name} (${principal.role}) may have narrowed, pull-only credentials of ${registry.name}, and there are none: ${why}`,
    {
      permission: 'credential:use',
      help: 'Use a token of an operator, or sign the registry in to in a way that makes narrower credentials.',
    },
  );
}

function digest(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 22);
}
