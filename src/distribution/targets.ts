import { type Permission, type Principal, systemPrincipal } from '../access/index.ts';
import { BlobKnowledge, type RegistryClient, type Repository, RepositoryTarget } from '../oci/index.ts';
import {
  type OpenRegistry,
  type Registries,
  type Registry,
  type Repositories,
  requireFor,
  requirePullable,
  requireWithin,
} from '../registries/index.ts';

/** A repository of a saved registry, opened to be copied from or to. */
export interface OpenedEnd {
  registry: Registry;
  open: OpenRegistry;
  repository: Repository;
  target: RepositoryTarget;
}

export interface TargetsDeps {
  registries: Pick<Registries, 'get' | 'open'>;
  repositories: Pick<Repositories, 'ensure'>;
}

/**
 * Opens repositories as ends of copies, for all that the hub moves: connections, tokens and what is known of blobs are shared among
 * copies and rules.
 *
 * What is known holds for one credential of one registry. A registry that is edited to another address or account begins anew, and two
 * registries never share, though both lead to one server: what one may see is not the other's.
 */
export class Targets {
  readonly knowledge = new BlobKnowledge();
  readonly #deps: TargetsDeps;
  /** Of each registry: the client that was opened last, and the account that stands for it. */
  readonly #accounts = new Map<string, { client: RegistryClient; account: string; place: string }>();
  #lastAccount = 0;

  constructor(deps: TargetsDeps) {
    this.#deps = deps;
  }

  /**
   * @param registry id or name
   * @param purpose a few words for the audit log: `copy images`
   * @throws NotFound for a registry that the principal does not see; Forbidden; InvalidReference for a name that is none; InvalidSettings
   *   for one outside of the registry's namespace
   */
  async openSource(principal: Principal | 'system', registry: string, repository: string, purpose: string): Promise<OpenedEnd> {
    if (principal !== 'system') requirePullable(principal, await this.#deps.registries.get(principal, registry), repository);
    return this.#open(principal, registry, repository, purpose, 'credential:pull');
  }

  /**
   * As `openSource`. Before the first write the repository is created, where the registry wants that.
   *
   * @param permission what is needed for the registry
   */
  async openDestination(
    principal: Principal | 'system',
    registry: string,
    repository: string,
    purpose: string,
    permission: Permission = 'copy:write',
  ): Promise<OpenedEnd> {
    return this.#open(principal, registry, repository, purpose, permission, async (id, signal) => {
      await this.#deps.repositories.ensure(principal, id, repository, signal ? { signal } : {});
    });
  }

  /** A registry was removed. */
  forget(registryId: string): void {
    const known = this.#accounts.get(registryId);
    if (!known) return;
    this.#accounts.delete(registryId);
    this.knowledge.forgetRegistry(known.place);
  }

  async #open(
    principal: Principal | 'system',
    idOrName: string,
    name: string,
    purpose: string,
    permission: Permission,
    prepare?: (registryId: string, signal: AbortSignal | undefined) => Promise<void>,
  ): Promise<OpenedEnd> {
    const who = principal === 'system' ? systemPrincipal : principal;
    const found = await this.#deps.registries.get(who, idOrName);
    requireFor(who, permission, found);
    requireWithin(found, name);
    const open = await this.#deps.registries.open(principal, idOrName, purpose);
    const { client, registry } = open;
    const repository = client.repository(name);
    const account = this.#accountOf(registry.id, client);
    const target = new RepositoryTarget(repository, account, {
      ...(prepare && { prepare: ({ signal }) => prepare(registry.id, signal) }),
    });
    const known = this.#accounts.get(registry.id);
    if (known) known.place = target.place.registry;
    return { registry, open, repository, target };
  }

  /** The opener makes another client whenever connection or credential are other ones. */
  #accountOf(registryId: string, client: RegistryClient): string {
    const known = this.#accounts.get(registryId);
    if (known?.client === client) return known.account;
    this.forget(registryId);
    const account = `${registryId}.${++this.#lastAccount}`;
    this.#accounts.set(registryId, { client, account, place: '' });
    return account;
  }
}
