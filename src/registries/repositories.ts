import type { Audit, Principal } from '../access/index.ts';
import { systemPrincipal } from '../access/index.ts';
import { RegistryError } from '../core/errors.ts';
import { parseRepositoryName, UnsupportedError } from '../oci/index.ts';
import type { AnyProvider } from '../provider/define.ts';
import type { OpenRegistry } from './opener.ts';
import type { Registries } from './registries.ts';
import { requireFor, requireWithin } from './scope.ts';
import type { Registry } from './types.ts';

export interface CreatedRepository {
  registryId: string;
  /** Name of the registry. */
  registry: string;
  /** As used in `/v2/<name>/`. */
  name: string;
  /** With its host, as clients write it. */
  reference: string;
  /** Whether it, or the project or namespace that a push to it needs, was made or was there. */
  outcome: 'created' | 'exists';
}

export interface RepositoriesDeps {
  registries: Pick<Registries, 'get'> & { open(principal: Principal, id: string, purpose: string): Promise<CreatableRegistry> };
  audit: Audit;
  /** Told before the answer is given, so that a list that is asked for next is read anew. */
  onCreated?: (registryId: string) => Promise<void>;
}

/** What this needs of an open registry. */
type CreatableRegistry = Pick<OpenRegistry, 'catalogContext'> & {
  provider: Pick<AnyProvider, 'title' | 'traits' | 'createRepository'>;
};

const purpose = 'create a repository';

/** Makes repositories where the registry wants them to be there before a push. */
export class Repositories {
  readonly #deps: RepositoriesDeps;

  constructor(deps: RepositoriesDeps) {
    this.#deps = deps;
  }

  /**
   * Creates a repository, or finds that it is there.
   *
   * @throws UnsupportedError where a push creates it by itself; InvalidReference for a name that is none; InvalidSettings at
   * `name` outside the registry's namespace; what the vendor answered
   */
  async create(
    principal: Principal,
    idOrName: string,
    name: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<CreatedRepository> {
    const registry = await this.#permitted(principal, idOrName, name);
    const open = await this.#deps.registries.open(principal, registry.id, purpose);
    if (!needsCreation(open.provider)) {
      throw new UnsupportedError(
        `${open.provider.title} has no call that creates a repository: the first push to ${referenceTo(registry, name)} does, if the credential may push.`,
        { registry: registry.name },
      );
    }
    return this.#create(principal, registry, open, name, signal);
  }

  /**
   * Sees to it that a push to the repository can begin: creates it where that is needed, and does nothing elsewhere.
   *
   * @returns `by-push` where the registry creates it by itself
   */
  async ensure(
    principal: Principal | 'system',
    idOrName: string,
    name: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<'created' | 'exists' | 'by-push'> {
    const who = principal === 'system' ? systemPrincipal : principal;
    const registry = await this.#permitted(who, idOrName, name);
    const open = await this.#deps.registries.open(who, registry.id, purpose);
    if (!needsCreation(open.provider)) return 'by-push';
    try {
      return (await this.#create(who, registry, open, name, signal)).outcome;
    } catch (error) {
      // With a registry password alone nobody can tell; whether the push works is for the registry to say.
      if (error instanceof UnsupportedError || (error instanceof RegistryError && error.code === 'registry_denied')) return 'by-push';
      throw error;
    }
  }

  async #permitted(principal: Principal, idOrName: string, name: string): Promise<Registry> {
    const registry = await this.#deps.registries.get(principal, idOrName);
    requireFor(principal, 'repository:write', registry);
    parseRepositoryName(name);
    requireWithin(registry, name, 'name');
    return registry;
  }

  async #create(
    principal: Principal,
    registry: Registry,
    open: CreatableRegistry,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<CreatedRepository> {
    const { provider } = open;
    if (!provider.createRepository) {
      throw new UnsupportedError(`${provider.title} wants a repository to be created before a push, and Tagboat cannot do it there.`);
    }
    const outcome = await provider.createRepository(await open.catalogContext(signal), name);
    const reference = referenceTo(registry, name);
    if (outcome === 'created') {
      // Not in one transaction with the change, which is at the registry: what could not be recorded has still been made.
      await this.#deps.audit.record({
        principal,
        action: 'repository.create',
        target: { kind: 'registry', id: registry.id, name: registry.name },
        detail: `Created ${reference}.`,
      });
      await this.#deps.onCreated?.(registry.id);
    }
    return { registryId: registry.id, registry: registry.name, name, reference, outcome };
  }
}

function needsCreation(provider: CreatableRegistry['provider']): boolean {
  return provider.traits.createRepository;
}

function referenceTo(registry: Registry, name: string): string {
  return `${registry.prefix.split('/', 1)[0] || registry.host}/${name}`;
}
