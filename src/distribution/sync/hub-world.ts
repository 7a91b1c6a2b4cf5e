import { type Audit, type Principal, systemPrincipal } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { Conflict } from '../../core/errors.ts';
import { canDeleteTags, deleteTag } from '../../oci/index.ts';
import { namespaceProblem, type OpenRegistry, type Registries } from '../../registries/index.ts';
import type { OpenedEnd, Targets } from '../targets.ts';
import type { StoredRule } from './rule-store.ts';
import { usesOf } from './rule-uses.ts';
import type { SyncSpec } from './types.ts';
import type { SyncDestination, SyncSource, SyncWorld, TagInfo } from './world.ts';

export interface HubWorldsDeps {
  targets: Targets;
  registries: Pick<Registries, 'open' | 'get'>;
  audit: Pick<Audit, 'record'>;
  clock: Clock;
  /** Rules that run by themselves: what they put somewhere, no other deletes. */
  enabledRules: () => Promise<readonly StoredRule[]>;
}

/** On whose behalf, and why. */
export interface WorldFor {
  principal: Principal | 'system';
  /** Of a rule that is saved. */
  rule?: { id: string; name: string };
}

const purpose = 'sync images';

/** The registries of this hub, as rules see them. Connections, tokens and what is known of blobs are shared among all that the hub moves. */
export class HubWorlds {
  readonly #deps: HubWorldsDeps;

  constructor(deps: HubWorldsDeps) {
    this.#deps = deps;
  }

  /** @param spec with registries as ids @throws NotFound, Forbidden, what keeps a registry from being opened */
  async open(spec: SyncSpec, { principal, rule }: WorldFor): Promise<SyncWorld> {
    const { registries, targets, clock } = this.#deps;
    const source = await registries.open(principal, spec.source.registry, purpose);
    const destination = await registries.get(principal === 'system' ? systemPrincipal : principal, spec.destination.registry);
    return {
      sourceRegistry: source.registry.host,
      signsIn: { source: isSignedIn(source.registry), destination: isSignedIn(destination) },
      listRepositories: async function* ({ signal }) {
        for await (const { items } of source.listRepositories(signal))
          yield items.flatMap(({ name }) => (namespaceProblem(source.registry, name) === undefined ? name : []));
      },
      openSource: async (repository) => sourceOf(await targets.openSource(principal, source.registry.id, repository, purpose)),
      openDestination: async (repository) => {
        const opened = await targets.openDestination(principal, spec.destination.registry, repository, purpose, 'sync:write');
        return this.#destinationOf(opened, principal, { rule, mirrors: spec.mode === 'mirror' });
      },
      readQuota: async () => quotaOf(source),
      reasonToKeep: this.#reasonToKeep(spec, rule),
      knowledge: targets.knowledge,
      clock,
    };
  }

  /** Names no rule: who reads of it need not see the registries of the other. */
  #reasonToKeep({ destination }: SyncSpec, rule: WorldFor['rule']): NonNullable<SyncWorld['reasonToKeep']> {
    let others: Promise<readonly StoredRule[]> | undefined;
    return async (repository, tag) => {
      others ??= this.#deps.enabledRules();
      const rules = (await others).filter(({ id }) => id !== rule?.id);
      const uses = usesOf(rules, { registryId: destination.registry, repository }, [tag], { mirrors: true });
      return uses.length > 0 ? 'Another sync rule needs it.' : undefined;
    };
  }

  async #destinationOf(
    { registry, open, repository, target }: OpenedEnd,
    principal: Principal | 'system',
    { rule, mirrors }: Pick<WorldFor, 'rule'> & { mirrors: boolean },
  ): Promise<SyncDestination> {
    const { audit } = this.#deps;
    const vendor = mirrors ? await open.vendorDeletion(repository.name) : undefined;
    const how = vendor ? { vendor } : {};
    const destination: SyncDestination = {
      target,
      listTags: async function* ({ signal }) {
        for await (const { items } of open.listTags(repository.name, signal)) yield items.map(({ name }) => name);
      },
    };
    if (!mirrors || !canDeleteTags(repository, how)) return destination;
    return {
      ...destination,
      async deleteTag(tag, digest, { signal }) {
        const outcome = await deleteTag(repository, tag, { digest, ...how, ...(signal && { signal }) });
        if (outcome === 'moved') throw new Conflict(`${target.label}:${tag} has been pushed to since it was looked at: it was left alone.`);
        if (outcome === 'absent') return;
        // Not in one transaction with the change, which is at the registry: what could not be recorded has still been deleted.
        await audit.record({
          principal,
          action: 'image.delete',
          target: { kind: 'registry', id: registry.id, name: registry.name },
          before: { repository: repository.name, digest, tags: [tag], manifest: false },
          detail: `Deleted tag ${tag} of ${digest} from ${repository.name}${rule ? `, by the sync rule “${rule.name}”` : ''}.`,
        });
      },
    };
  }
}

const isSignedIn = ({ signIn }: { signIn: string }): boolean => signIn !== 'anonymous';

function sourceOf({ open, repository, target }: OpenedEnd): SyncSource {
  return {
    target,
    listTagInfo: async function* ({ signal }) {
      for await (const { items } of open.listTags(repository.name, signal)) yield items.map(tagInfo);
    },
  };
}

function tagInfo({ name, digest, pushedAt }: TagInfo): TagInfo {
  return { name, ...(digest !== undefined && { digest }), ...(pushedAt !== undefined && { pushedAt }) };
}

/** What the registry said last: to this hub's copies, or to its last check. */
function quotaOf({ client, registry }: OpenRegistry) {
  const quota = client.quota ?? registry.quota;
  return quota && { remaining: quota.remaining, limit: quota.limit };
}
