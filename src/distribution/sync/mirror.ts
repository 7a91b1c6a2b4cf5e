import { forEachLimited } from '../../catalog/for-each-limited.ts';
import { isReferrersTag, RegistryError } from '../../oci/index.ts';
import { unlessGone } from '../deletion/repository-tags.ts';
import type { Destinations } from './copy-jobs.ts';
import type { GatheredDestination } from './gather.ts';
import { Globs } from './glob.ts';
import { failure, type Ledger } from './ledger.ts';
import type { ReadRule } from './rule.ts';
import type { SignIns } from './sign-ins.ts';
import type { SyncItem } from './types.ts';
import { writtenNames } from './written-names.ts';
import type { SyncDestination, SyncOptions, SyncWorld } from './world.ts';

export interface MirrorOptions extends Pick<SyncOptions, 'signal'> {
  plan: boolean;
}

const parallelRepositories = 4;
const everyTag = '*';

/**
 * Deletes what the rule would not put into the repositories that it maps to; nothing elsewhere. In a repository nothing is deleted at
 * all when either side's listing did not come to its end, when what belongs there is not known whole, or when it would be more than the
 * limit. Tags that hold what is said of an image (signatures, lists of referrers) stay, and are not counted.
 */
export class Mirror {
  readonly #gathered: ReadonlyMap<string, GatheredDestination>;
  readonly #destinations: Destinations;
  readonly #rule: ReadRule;
  readonly #world: SyncWorld;
  readonly #ledger: Ledger;
  readonly #signIns: SignIns;
  readonly #options: MirrorOptions;
  /** Tags that the rule could have made: what has another form was put there by somebody else. */
  readonly #ownForm: Globs;
  /** Repository → those tags, as they were before the rule copied anything. Absent where they could not be listed. */
  readonly #before = new Map<string, readonly string[]>();

  constructor(
    gathered: ReadonlyMap<string, GatheredDestination>,
    destinations: Destinations,
    { rule, world, ledger, signIns }: { rule: ReadRule; world: SyncWorld; ledger: Ledger; signIns: SignIns },
    options: MirrorOptions,
  ) {
    this.#gathered = gathered;
    this.#destinations = destinations;
    this.#rule = rule;
    this.#world = world;
    this.#ledger = ledger;
    this.#signIns = signIns;
    this.#options = options;
    this.#ownForm = new Globs([writtenNames(rule.tagRule, { registry: world.sourceRegistry, repository: '**', tag: '*' })]);
  }

  /**
   * To be called before anything is copied: the limit is about what is there, and not about what comes to it, and a run deletes as much
   * as its plan said. What fails is found out by the copies, or by `clear`: many registries refuse to list what is not there yet.
   *
   * @throws only what ends everything: a cancellation, a sign-in that is refused
   */
  async look(): Promise<void> {
    await forEachLimited([...this.#gathered], parallelRepositories, async ([repository, { unsure }]) => {
      this.#options.signal?.throwIfAborted();
      if (unsure !== undefined) return;
      try {
        this.#before.set(repository, await this.#list(await this.#destinations.get(repository)));
        this.#signIns.accepted();
      } catch (error) {
        if (this.#options.signal?.aborted || this.#signIns.refused(error)) throw error;
      }
    });
  }

  /** @throws only what ends everything: a cancellation */
  async clear(): Promise<void> {
    this.#ledger.move((progress) => (progress.phase = 'deleting'));
    await forEachLimited([...this.#gathered], parallelRepositories, async ([repository, wanted]) => {
      this.#options.signal?.throwIfAborted();
      try {
        await this.#clear(repository, wanted);
      } catch (error) {
        if (this.#options.signal?.aborted) throw error;
        this.#ledger.item({ action: 'delete', destination: { repository, tag: everyTag }, outcome: 'failed', ...failure(error) });
      }
      this.#ledger.move(() => {});
    });
  }

  async #clear(repository: string, { tags: wanted, unsure }: GatheredDestination): Promise<void> {
    if (unsure !== undefined) return this.#keepAll(repository, `Nothing is deleted here: ${unsure}.`, 'sync_partial');
    const before = this.#before.get(repository);
    const tags = before ?? (await this.#listNow(repository));
    const doomed = tags.filter((tag) => !wanted.has(tag));
    if (doomed.length === 0) return;
    if (!before) return this.#keepAll(repository, 'Nothing is deleted here: its tags could not be listed before the run.', 'sync_partial');
    const { deletionLimit } = this.#rule;
    if (doomed.length * 100 > deletionLimit * tags.length) {
      const reason = `${doomed.length} of ${tags.length} tags would be deleted here, more than the limit of ${deletionLimit} %: nothing is. They are ${some(doomed)}. If that is meant, raise the limit of the rule.`;
      this.#ledger.counts.skipped += doomed.length - 1;
      return this.#keepAll(repository, reason, 'sync_deletion_limit');
    }
    const end = await this.#destinations.get(repository);
    for (const tag of doomed) {
      this.#options.signal?.throwIfAborted();
      const item = await this.#remove(repository, tag, end);
      if (item) this.#ledger.item(item);
    }
  }

  /** Undefined when somebody else has deleted it meanwhile. */
  async #remove(repository: string, tag: string, end: SyncDestination): Promise<SyncItem | undefined> {
    const { signal, plan } = this.#options;
    const call = { ...(signal && { signal }), onRequest: this.#ledger.counter('destination') };
    const place = { repository, tag };
    try {
      const found = await unlessGone(() => end.target.resolve(tag, call));
      if (!found) return undefined;
      const { digest } = found;
      const destination = { ...place, digest };
      const keep = await this.#world.reasonToKeep?.(repository, tag, digest);
      if (keep !== undefined) return { action: 'keep', destination, outcome: 'kept', reason: keep };
      if (!end.deleteTag) {
        const reason = 'Single tags cannot be deleted here: delete it in the registry’s own interface.';
        return { action: 'keep', destination, outcome: 'kept', reason, code: 'unsupported' };
      }
      if (plan) {
        this.#ledger.counts.requests.destination++;
        return { action: 'delete', destination, outcome: 'planned' };
      }
      await end.deleteTag(tag, digest, call);
      return { action: 'delete', destination, outcome: 'done' };
    } catch (error) {
      if (signal?.aborted) throw error;
      return { action: 'delete', destination: place, outcome: 'failed', ...failure(error) };
    }
  }

  async #listNow(repository: string): Promise<string[]> {
    try {
      return await this.#list(await this.#destinations.get(repository));
    } catch (error) {
      if (!this.#options.signal?.aborted) this.#ledger.partial(repository, error);
      throw error;
    }
  }

  /** Tags that stand for something themselves, and that the rule could have made; none when there is no such repository yet. */
  async #list(end: SyncDestination): Promise<string[]> {
    const { signal } = this.#options;
    const tags = new Set<string>();
    try {
      for await (const page of end.listTags({ ...(signal && { signal }), onRequest: this.#ledger.counter('destination') }))
        for (const tag of page) if (!isReferrersTag(tag) && this.#ownForm.matches(tag)) tags.add(tag);
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'registry_not_found' && tags.size === 0) return [];
      throw error;
    }
    return [...tags];
  }

  #keepAll(repository: string, reason: string, code: string): void {
    this.#ledger.item({ action: 'keep', destination: { repository, tag: everyTag }, outcome: 'kept', reason, code });
  }
}

function some(tags: readonly string[]): string {
  return `${tags.slice(0, 5).join(', ')}${tags.length > 5 ? ` and ${tags.length - 5} more` : ''}`;
}
