import {
  Bandwidth,
  BlobKnowledge,
  copy,
  CopyError,
  type CopyOptions,
  CredentialError,
  TagboatError,
  type UploadState,
} from '../../oci/index.ts';
import type { SyncJob } from './gather.ts';
import { failure, type Ledger } from './ledger.ts';
import type { ReadRule } from './rule.ts';
import type { SignIns } from './sign-ins.ts';
import type { SyncDestination, SyncRunOptions, SyncWorld } from './world.ts';

export interface CopyJobsOptions extends SyncRunOptions {
  /** Only find out what would be done. */
  plan: boolean;
}

const defaultParallelTags = 12;

/** The destination's repositories as they are needed, each opened once. */
export class Destinations {
  readonly #world: SyncWorld;
  readonly #open = new Map<string, Promise<SyncDestination>>();

  constructor(world: SyncWorld) {
    this.#world = world;
  }

  get(repository: string): Promise<SyncDestination> {
    let opening = this.#open.get(repository);
    if (!opening) this.#open.set(repository, (opening = this.#world.openDestination(repository)));
    return opening;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(async (opening) => (await opening).close?.()));
  }
}

/**
 * Finds out whether the destination accepts the sign-in, at the cost of one HEAD, before many tags try at once: each that is refused
 * counts towards a lock. Whatever else fails is left to those who bring the tags.
 *
 * @throws CopyError when it is refused, and a cancellation
 */
export async function trySignIn(
  jobs: readonly SyncJob[],
  destinations: Destinations,
  { ledger, signIns }: { ledger: Ledger; signIns: SignIns },
  { signal }: Pick<SyncRunOptions, 'signal'>,
): Promise<void> {
  const call = { ...(signal && { signal }), onRequest: ledger.counter('destination') };
  for (const { destination } of jobs) {
    const before = signIns.refusals;
    try {
      const { target } = await destinations.get(destination.repository);
      await target.resolve(destination.tag, call);
      signIns.accepted();
    } catch (error) {
      if (signal?.aborted) throw error;
      const isOver = signIns.refused(error) || endsAll(error);
      if (isOver && error instanceof TagboatError) throw new CopyError('destination', destination.repository, error);
    }
    if (signIns.refusals === before) return;
  }
}

/**
 * Brings every tag where it belongs, a few at a time over all repositories: they share connections, tokens, bandwidth and what is known
 * of blobs, so that what many of them have moves once. One that fails does not stop the others, unless it says that none can succeed.
 *
 * @throws only what ends everything: a cancellation
 */
export async function copyJobs(
  jobs: readonly SyncJob[],
  destinations: Destinations,
  { rule, world, ledger, signIns }: { rule: ReadRule; world: SyncWorld; ledger: Ledger; signIns: SignIns },
  options: CopyJobsOptions,
): Promise<void> {
  const { plan, signal, parallelTags = defaultParallelTags } = options;
  const shared: CopyOptions = {
    ...rule.copy,
    plan,
    // A plan learns what would be there, which no copy must take for true.
    knowledge: plan ? new BlobKnowledge() : world.knowledge,
    clock: world.clock,
    ...(signal && { signal }),
    ...(rule.bandwidth !== undefined && !plan && { bandwidth: new Bandwidth(rule.bandwidth, world.clock) }),
  };
  const uploads = new Uploads(options);
  /** Why nothing more is tried. */
  let ended: ReturnType<typeof failure> | undefined;

  const bring = async (job: SyncJob): Promise<void> => {
    const { source, destination, end } = job;
    if (ended) {
      const reason = `Not tried: ${ended.reason}`;
      ledger.item({ action: 'skip', source, destination, outcome: 'kept', reason, code: ended.code });
      return;
    }
    try {
      const { target } = await destinations.get(destination.repository);
      const { onEvent } = options;
      const result = await copy(end.target, source.tag, target, [destination.tag], {
        ...shared,
        ...(plan ? {} : await uploads.of(destination.repository)),
        ...(onEvent && { onEvent: (event) => onEvent({ source, destination }, event) }),
      });
      signIns.accepted();
      ledger.cost(result);
      if (!plan || result.outcome === 'unchanged') options.onInStep?.({ source, destination }, result.digest);
      if (result.outcome === 'unchanged') ledger.counts.unchanged++;
      else {
        const { digest, bytes } = result;
        const places = { source, destination: { ...destination, digest } };
        ledger.item({ action: 'copy', ...places, outcome: plan ? 'planned' : 'done', bytes: bytes.moved });
      }
    } catch (error) {
      if (signal?.aborted) throw error;
      if (endsAll(error) || (atDestination(error) && signIns.refused(error))) ended ??= failure(error);
      ledger.item({ action: 'copy', source, destination, outcome: 'failed', ...failure(error) });
    }
  };

  ledger.move((progress) => {
    progress.phase = 'tags';
    progress.tags.total = jobs.length;
  });
  const waiting = jobs.values();
  const lane = async (): Promise<void> => {
    for (const job of waiting) {
      signal?.throwIfAborted();
      await bring(job);
      ledger.move(({ tags }) => tags.done++);
    }
  };
  // Whoever is told that it ended may close both sides: nothing goes on behind.
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(parallelTags, jobs.length) }, lane));
  for (const one of lanes) if (one.status === 'rejected') throw one.reason;
}

/** Uploads of an earlier run, asked for once a repository. */
class Uploads {
  readonly #options: Pick<SyncRunOptions, 'resume' | 'onUpload'>;
  readonly #begun = new Map<string, Promise<ReadonlyMap<string, UploadState>>>();

  constructor(options: Pick<SyncRunOptions, 'resume' | 'onUpload'>) {
    this.#options = options;
  }

  async of(repository: string): Promise<Pick<CopyOptions, 'resume' | 'onUpload'>> {
    const { resume, onUpload } = this.#options;
    let begun = this.#begun.get(repository);
    if (!begun && resume) this.#begun.set(repository, (begun = Promise.resolve(resume(repository))));
    const states = await begun;
    return {
      ...(states && states.size > 0 && { resume: states }),
      ...(onUpload && { onUpload: (digest, state) => onUpload(repository, digest, state) }),
    };
  }
}

function atDestination(error: unknown): boolean {
  return !(error instanceof CopyError) || error.side === 'destination';
}

/** What the next tag would meet as well: a refused sign-in, of which too many lock an account; a quota that is spent. */
function endsAll(error: unknown): boolean {
  if (error instanceof CredentialError) return true;
  if (error instanceof CopyError) return error.code === 'quota_reserved' || error.cause instanceof CredentialError;
  return error instanceof TagboatError && error.code === 'quota_reserved';
}
