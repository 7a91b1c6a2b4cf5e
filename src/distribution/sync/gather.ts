import { forEachLimited } from '../../catalog/for-each-limited.ts';
import { InvalidSettings } from '../../core/errors.ts';
import type { CallOptions } from '../../oci/index.ts';
import { failure, type Ledger } from './ledger.ts';
import type { ReadRule } from './rule.ts';
import { SignIns } from './sign-ins.ts';
import type { SyncPair, SyncSource, SyncWorld, TagInfo } from './world.ts';

/** One tag that is to be brought to another. */
export interface SyncJob extends SyncPair {
  end: SyncSource;
  /** Where it is known already, from the listing or because the rule for the tag needs it. */
  digest?: string;
}

/** What a rule makes of its source. */
export interface Gathered {
  jobs: SyncJob[];
  /** By name: repositories of the destination that the rule maps to. */
  destinations: ReadonlyMap<string, GatheredDestination>;
  /** To be closed. */
  ends: readonly SyncSource[];
}

export interface GatheredDestination {
  /** All tags that the rule puts there, also where it could not. */
  tags: Set<string>;
  /** Why nothing may be deleted there: what belongs there is not known whole. */
  unsure?: string;
}

export interface GatherOptions {
  signal?: AbortSignal;
  /** Epoch milliseconds: what "within 30 days" counts from. */
  now: number;
}

const parallelListings = 6;
/** Listings one after another, until one shows that the sign-in is accepted. */
const mostAlone = 3;
const parallelResolves = 8;
const mostRepositories = 50_000;
const mostTags = 1_000_000;
/** Stands for all tags of a repository in what is said of it. */
const everyTag = '*';

/**
 * Lists the source and finds out which tag goes where. Nothing is chosen from a listing that did not come to its end.
 *
 * @throws what keeps the rule from being followed at all, and a cancellation; what concerns one repository is noted in the ledger
 */
export async function gather(rule: ReadRule, world: SyncWorld, ledger: Ledger, options: GatherOptions): Promise<Gathered> {
  const gathering = new Gathering(rule, world, ledger, options);
  try {
    return await gathering.run();
  } catch (error) {
    await closeAll(gathering.ends);
    throw error;
  }
}

export async function closeAll(ends: readonly { close?(): Promise<void> }[]): Promise<void> {
  await Promise.allSettled(ends.map(async (end) => end.close?.()));
}

class Gathering {
  readonly ends: SyncSource[] = [];
  readonly #rule: ReadRule;
  readonly #world: SyncWorld;
  readonly #ledger: Ledger;
  readonly #now: number;
  readonly #call: CallOptions;
  readonly #jobs: SyncJob[] = [];
  readonly #destinations = new Map<string, GatheredDestination>();
  readonly #signIns: SignIns;
  /** Tags of listings that are being read now. */
  #listed = 0;

  constructor(rule: ReadRule, world: SyncWorld, ledger: Ledger, { signal, now }: GatherOptions) {
    this.#rule = rule;
    this.#world = world;
    this.#ledger = ledger;
    this.#now = now;
    this.#signIns = new SignIns(world.signsIn?.source);
    this.#call = { ...(signal && { signal }), onRequest: ledger.counter('source') };
  }

  async run(): Promise<Gathered> {
    const { names, isWhole } = await this.#listRepositories();
    this.#ledger.counts.repositories = names.length;
    this.#ledger.move(({ repositories }) => (repositories.total = names.length));
    const waiting = [...names];
    const gather = async (repository: string): Promise<void> => {
      this.#call.signal?.throwIfAborted();
      await this.#gatherRepository(repository);
      this.#ledger.move(({ repositories }) => repositories.done++);
    };
    for (let tried = 0; tried < mostAlone && this.#signIns.isOpen; tried++) {
      const next = waiting.shift();
      if (next === undefined) break;
      await gather(next);
    }
    await forEachLimited(waiting, parallelListings, gather);
    // A repository that was not listed may belong to one of these, too.
    if (!isWhole)
      for (const destination of this.#destinations.values())
        destination.unsure ??= 'the repositories of the source could not be listed whole';
    return { jobs: this.#withoutConflicts(), destinations: this.#destinations, ends: this.ends };
  }

  async #listRepositories(): Promise<{ names: string[]; isWhole: boolean }> {
    const { repositories } = this.#rule;
    if (!repositories.hasGlobs) return { names: [...repositories.names], isWhole: true };
    const found = new Set(repositories.names);
    try {
      for await (const page of this.#world.listRepositories(this.#call)) {
        this.#call.signal?.throwIfAborted();
        for (const name of page) if (repositories.matches(name)) found.add(name);
        if (found.size > mostRepositories) throw tooMany(`more than ${mostRepositories} repositories`, 'source.repositories');
      }
      this.#signIns.accepted();
      return { names: [...found].sort(), isWhole: true };
    } catch (error) {
      // Those that are named in full need no listing. Without any, there is nothing that could be done.
      if (this.#isOver(error) || repositories.names.length === 0) throw error;
      this.#ledger.partial('**', error);
      return { names: [...repositories.names], isWhole: false };
    }
  }

  async #gatherRepository(repository: string): Promise<void> {
    let name = '';
    try {
      name = this.#rule.repositoryRule.render({ registry: this.#world.sourceRegistry, repository });
      const destination = this.#destination(name);
      const end = await this.#world.openSource(repository);
      this.ends.push(end);
      const listing = await this.#listTags(end, repository);
      this.#signIns.accepted();
      const { tags, problem, unsure } = this.#rule.tags.choose(listing, this.#now);
      this.#listed -= listing.length;
      if (problem !== undefined) throw new InvalidSettings(problem);
      if (unsure !== undefined) destination.unsure ??= unsure;
      const digests = await this.#resolve(end, tags);
      this.#ledger.counts.tags += tags.length;
      for (const { name: tag, digest = digests.get(tag) } of tags) {
        const pair = { source: { repository, tag }, destination: { repository: name, tag: '' } };
        try {
          pair.destination.tag = this.#rule.tagRule.render(this.#values(repository, tag, digest));
        } catch (error) {
          this.#fail(pair, error);
          continue;
        }
        destination.tags.add(pair.destination.tag);
        this.#jobs.push({ ...pair, end, ...(digest !== undefined && { digest }) });
      }
      if (this.#jobs.length > mostTags) throw tooMany(`more than ${mostTags} tags`, 'source.tags');
    } catch (error) {
      if (this.#isOver(error) || this.#signIns.refused(error)) throw error;
      this.#fail({ source: { repository, tag: everyTag }, destination: { repository: name, tag: everyTag } }, error);
    }
  }

  /** All tags, or nothing of them. */
  async #listTags(end: SyncSource, repository: string): Promise<TagInfo[]> {
    const tags = new Map<string, TagInfo>();
    const take = (page: readonly TagInfo[]): void => {
      const before = tags.size;
      for (const tag of page) tags.set(tag.name, tag);
      this.#listed += tags.size - before;
      if (this.#listed + this.#jobs.length > mostTags) throw tooMany(`more than ${mostTags} tags`, 'source.tags');
    };
    try {
      const pages = end.listTagInfo?.(this.#call);
      if (pages) for await (const page of pages) take(page);
      else for await (const page of end.target.listTags(this.#call)) take(page.map((name) => ({ name })));
    } catch (error) {
      this.#listed -= tags.size;
      if (tags.size > 0 && !this.#isOver(error)) this.#ledger.partial(repository, error);
      throw error;
    }
    return [...tags.values()];
  }

  /** Digests, where the rule makes tags of them. */
  async #resolve({ target }: SyncSource, tags: readonly TagInfo[]): Promise<Map<string, string>> {
    const digests = new Map<string, string>();
    if (!this.#rule.tagRule.variables.includes('digest')) return digests;
    const unknown = tags.filter(({ digest }) => digest === undefined);
    await forEachLimited(unknown, parallelResolves, async ({ name }) => {
      digests.set(name, (await target.resolve(name, this.#call)).digest);
    });
    return digests;
  }

  #values(repository: string, tag: string, digest: string | undefined) {
    return { registry: this.#world.sourceRegistry, repository, tag, time: this.#now, ...(digest !== undefined && { digest }) };
  }

  /** Two tags for one place: neither goes there, unless they are one and the same image. */
  #withoutConflicts(): SyncJob[] {
    const places = Map.groupBy(this.#jobs, ({ destination }) => `${destination.repository}:${destination.tag}`);
    return [...places.values()].flatMap((jobs) => {
      const [first, ...more] = jobs;
      if (!first || more.length === 0) return jobs;
      if (first.digest !== undefined && more.every(({ digest }) => digest === first.digest)) {
        this.#ledger.counts.unchanged += more.length;
        return [first];
      }
      const sources = jobs.map(({ source }) => `${source.repository}:${source.tag}`);
      const shown = `${sources.slice(0, 4).join(', ')}${sources.length > 4 ? ` and ${sources.length - 4} more` : ''}`;
      for (const { source, destination } of jobs) {
        const reason = `Several tags would go to ${destination.repository}:${destination.tag}: ${shown}. None of them does. Narrow the rule, or have it make different names.`;
        this.#ledger.item({ action: 'skip', source, destination, outcome: 'kept', reason, code: 'sync_conflict' });
      }
      return [];
    });
  }

  #fail(pair: SyncPair, error: unknown): void {
    this.#ledger.item({ action: 'skip', ...pair, outcome: 'failed', ...failure(error) });
    const { repository, tag } = pair.source;
    const destination = this.#destinations.get(pair.destination.repository);
    if (destination)
      destination.unsure ??= `what belongs there is not known: ${repository}${tag === everyTag ? '' : `:${tag}`} of the source could not be read`;
  }

  #destination(name: string): GatheredDestination {
    let destination = this.#destinations.get(name);
    if (!destination) this.#destinations.set(name, (destination = { tags: new Set() }));
    return destination;
  }

  /** Whether an error ends everything rather than one repository's part. */
  #isOver(error: unknown): boolean {
    return this.#call.signal?.aborted === true || error instanceof TooMany || !(error instanceof Error);
  }
}

class TooMany extends InvalidSettings {}

function tooMany(what: string, field: string): TooMany {
  const message = `The rule is about ${what}, which is beyond what one rule can do. Divide it.`;
  return new TooMany(message, [{ field, message }]);
}
