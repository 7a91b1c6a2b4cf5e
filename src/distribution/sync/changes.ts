import { forEachLimited } from '../../catalog/for-each-limited.ts';
import { RegistryError } from '../../oci/index.ts';
import { closeAll, gather, type SyncJob } from './gather.ts';
import { Ledger } from './ledger.ts';
import { readRule } from './rule.ts';
import type { SyncSpec } from './types.ts';
import type { SyncWorld } from './world.ts';

/** Where a tag of the source pointed when it was last looked at. */
export interface SeenTag {
  repository: string;
  tag: string;
  digest: string;
}

export interface SourceChanges {
  /** Whether there is something to do: a tag that is new or has moved; in mirrors also one that has gone. */
  changed: boolean;
  /** Whether everything could be read. */
  isWhole: boolean;
  /** To be kept for the next look. */
  seen: SeenTag[];
}

const parallelResolves = 12;

/**
 * Whether the source of a rule has changed since it was last looked at, at the cost of one HEAD a tag, or none where the listing tells
 * digests. What could not be read counts as not changed, and is remembered as it was.
 *
 * @param before What it answered the last time; empty at first, when everything is new.
 * @throws as `planSync`
 */
export async function changedTags(
  spec: SyncSpec,
  world: SyncWorld,
  before: readonly SeenTag[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<SourceChanges> {
  const rule = readRule(spec);
  const ledger = new Ledger({});
  const { jobs, ends } = await gather(rule, world, ledger, { now: world.clock.now(), ...(signal && { signal }) });
  try {
    const known = new Map(before.map((one) => [keyOf(one), one]));
    const seen = new Map<string, SeenTag>();
    const unread = new Set<string>();
    await forEachLimited(jobs, parallelResolves, async (job) => {
      const place = { repository: job.source.repository, tag: job.source.tag };
      const digest = await digestOf(job, signal, unread);
      if (digest !== undefined) seen.set(keyOf(place), { ...place, digest });
    });
    const { items, partial } = ledger.report();
    for (const { source, outcome } of items) if (source && outcome === 'failed') unread.add(source.repository);
    const isListed = partial.every(({ repository }) => repository !== '**');
    let changed = [...seen].some(([key, { digest }]) => known.get(key)?.digest !== digest);
    for (const [key, one] of known) {
      if (seen.has(key)) continue;
      if (!isListed || unread.has(one.repository)) seen.set(key, one);
      else changed ||= rule.mirrors;
    }
    return { changed, isWhole: partial.length === 0 && unread.size === 0, seen: [...seen.values()] };
  } finally {
    await closeAll(ends);
  }
}

async function digestOf(
  { source, digest, end }: SyncJob,
  signal: AbortSignal | undefined,
  unread: Set<string>,
): Promise<string | undefined> {
  if (digest !== undefined) return digest;
  try {
    return (await end.target.resolve(source.tag, signal ? { signal } : {})).digest;
  } catch (error) {
    if (signal?.aborted) throw error;
    // One that went between the listing and now is gone; of any other nothing is known.
    if (!(error instanceof RegistryError && error.code === 'registry_not_found')) unread.add(source.repository);
    return undefined;
  }
}

function keyOf({ repository, tag }: { repository: string; tag: string }): string {
  return `${repository}:${tag}`;
}
