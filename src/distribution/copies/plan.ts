import type { Principal } from '../../access/index.ts';
import { TagboatError, TransportError } from '../../core/errors.ts';
import type { Clock } from '../../core/clock.ts';
import { BlobKnowledge, copy, type CopyOptions, type CopyResult, parsePlatform } from '../../oci/index.ts';
import type { Targets } from '../targets.ts';
import { failureOf } from './failure.ts';
import { copyPurpose, type PlannedCopy } from './request.ts';
import type { CopyOutcome, CopyPlan, CopySettings } from './types.ts';

/** Destinations that are looked at at the same time. */
const parallel = 4;
/** A plan that takes longer than this is no answer to a request. Milliseconds. */
const longest = 60_000;

/**
 * Finds out what copies would do. What one destination answers does not keep the others from being planned.
 *
 * @throws only what ends everything: the caller hung up
 */
export async function planCopies(
  { targets, clock }: { targets: Targets; clock: Clock },
  principal: Principal,
  planned: readonly PlannedCopy[],
  signal?: AbortSignal,
): Promise<CopyPlan[]> {
  // A plan writes down what would be there: that is no knowledge for copies.
  const knowledge = new BlobKnowledge();
  const plans: CopyPlan[] = [];
  const waiting = planned.entries();
  const work = async (): Promise<void> => {
    for (const [at, one] of waiting) {
      const ending = AbortSignal.any([AbortSignal.timeout(longest), ...(signal ? [signal] : [])]);
      try {
        plans[at] = { ...ends(one), ...(await plan({ targets, clock, knowledge }, principal, one, ending)) };
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof TagboatError) && !ending.aborted) throw error;
        plans[at] = { ...ends(one), failure: failureOf(ending.aborted ? tookTooLong() : error) };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, planned.length) }, work));
  return plans;
}

async function plan(
  { targets, clock, knowledge }: { targets: Targets; clock: Clock; knowledge: BlobKnowledge },
  principal: Principal,
  { source, destination, settings }: PlannedCopy,
  signal: AbortSignal,
): Promise<Pick<CopyPlan, 'result' | 'quota'>> {
  const from = await targets.openSource(principal, source.registryId ?? '', source.repository, copyPurpose);
  const to = await targets.openDestination(principal, destination.registryId ?? '', destination.repository, copyPurpose);
  const options = { ...copyOptions(settings), plan: true, knowledge, clock, signal };
  const result = await copy(from.target, source.reference, to.target, destination.tags, options);
  const { quota } = result;
  return {
    result: toOutcome(result),
    ...(quota && { quota: { cost: quota.cost, limit: quota.limit, remaining: quota.remaining } }),
  };
}

/** What a person chose, as the copier takes it. */
export function copyOptions({ platforms, ...settings }: CopySettings): CopyOptions {
  return { ...settings, ...(platforms && { platforms: platforms.map((platform) => parsePlatform(platform)) }) };
}

export function toOutcome({ digest, mediaType, outcome, rebuilt, blobs, manifests, referrers, bytes, requests }: CopyResult): CopyOutcome {
  return {
    digest,
    mediaType,
    outcome,
    rebuilt,
    blobs,
    manifests,
    referrers,
    bytes,
    requests: { source: requests.source.total, destination: requests.destination.total },
  };
}

function tookTooLong(): TransportError {
  return new TransportError(`It could not be found out within ${longest / 1000} seconds.`, { code: 'total_timeout' });
}

function ends({ source, destination }: PlannedCopy): Pick<CopyPlan, 'source' | 'destination'> {
  return { source, destination };
}
