import { copyJobs, Destinations, trySignIn } from './copy-jobs.ts';
import { closeAll, gather } from './gather.ts';
import { Ledger } from './ledger.ts';
import { Mirror } from './mirror.ts';
import { readRule } from './rule.ts';
import { SignIns } from './sign-ins.ts';
import type { SyncReport, SyncSpec } from './types.ts';
import type { SyncOptions, SyncRunOptions, SyncWorld } from './world.ts';

/**
 * What a run would do: which tags it would copy and delete, bytes, requests, quota. Nothing is written. Tags that are not in step have
 * their manifests read, which a registry with a quota counts.
 *
 * @throws as `runSync`
 */
export function planSync(spec: SyncSpec, world: SyncWorld, options: SyncOptions = {}): Promise<SyncReport> {
  return sync(spec, world, { ...options, plan: true });
}

/**
 * Brings the destination in step. A tag that is already costs one HEAD on each side. What fails is an item of the report and does not
 * stop the rest; running again takes up where it ended.
 *
 * @throws InvalidSettings for a spec that cannot be read, what keeps the source from being listed at all or refuses the sign-in on either side, and a cancellation, whose
 *   counts so far were told by `onProgress`
 */
export function runSync(spec: SyncSpec, world: SyncWorld, options: SyncRunOptions = {}): Promise<SyncReport> {
  return sync(spec, world, { ...options, plan: false });
}

async function sync(spec: SyncSpec, world: SyncWorld, options: SyncRunOptions & { plan: boolean }): Promise<SyncReport> {
  const { signal } = options;
  const rule = readRule(spec);
  signal?.throwIfAborted();
  const ledger = new Ledger(options);
  const quota = await world.readQuota?.();
  if (quota) ledger.quota(quota);
  const { jobs, destinations: wanted, ends } = await gather(rule, world, ledger, { now: world.clock.now(), ...(signal && { signal }) });
  const destinations = new Destinations(world);
  try {
    const parts = { rule, world, ledger, signIns: new SignIns(world.signsIn?.destination) };
    if (world.signsIn?.destination) await trySignIn(jobs, destinations, parts, options);
    const mirror = rule.mirrors ? new Mirror(wanted, destinations, parts, options) : undefined;
    await mirror?.look();
    await copyJobs(jobs, destinations, parts, options);
    await mirror?.clear();
    return ledger.report();
  } finally {
    await Promise.all([closeAll(ends), destinations.close()]);
  }
}
