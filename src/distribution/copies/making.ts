import type { Audit } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { CopyError, HubError, TagboatError } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import { untilAborted } from '../../oci/copy/ending.ts';
import { copy } from '../../oci/index.ts';
import type { Store } from '../../store/index.ts';
import type { OpenedEnd, Targets } from '../targets.ts';
import { auditTarget, inWords, type LiveCopies } from './copies.ts';
import { failureOf, pauseBeforeNext } from './failure.ts';
import { copyOptions, toOutcome } from './plan.ts';
import type { CopyClaims, CopyEnding } from './claim-store.ts';
import { ProgressMeter } from './progress.ts';
import { copyPurpose } from './request.ts';
import type { EarlierWork, StoredCopy } from './row.ts';

import type { CopyEnd, CopyOutcome } from './types.ts';
import { UploadKeeper } from './upload-keeper.ts';
import type { UploadStore } from './upload-store.ts';

export interface MakingDeps {
  store: Pick<Store, 'transaction'>;
  claims: CopyClaims;
  uploads: UploadStore;
  targets: Targets;
  live: LiveCopies;
  audit: Audit;
  events: HubEvents;
  clock: Clock;
  /** Id of whoever claims rows. */
  runner: string;
  /** How long a claim holds that is not renewed, in milliseconds. */
  claimTime: number;
  /** Told of a repository that was written to, before anybody else. */
  onWritten: (registryId: string, repository: string) => Promise<void>;
  /** Told of errors of the hub itself. */
  onFailure: (error: unknown) => void;
}

/** Between two signs of life, in milliseconds. */
const beatEvery = 1000;
/** A copy that was begun so often brings the hub down, or is never let finish. */
const mostAttempts = 100;
/** Pause before a copy goes on whose registry was edited meanwhile, in milliseconds. */
const afterEdit = 1000;

/** Makes one claimed copy, and writes down what became of it. */
export class Making {
  readonly #deps: MakingDeps;
  readonly #stored: StoredCopy;
  readonly #stopping: AbortSignal;
  readonly #meter: ProgressMeter;
  readonly #ended = new AbortController();
  /** Why it is to end before its time, if not because the hub stops. */
  #reason: 'canceled' | 'lost' | undefined;

  /** @param stopping aborts when the hub stops: the copy goes back into the queue */
  constructor(deps: MakingDeps, stored: StoredCopy, stopping: AbortSignal) {
    this.#deps = deps;
    this.#stored = stored;
    this.#stopping = stopping;
    this.#meter = new ProgressMeter(deps.clock, stored.earlier);
  }

  async run(): Promise<void> {
    const { live } = this.#deps;
    const { id, canceling, attempts } = this.#stored;
    if (canceling) return this.#finish({ state: 'canceled' });
    if (attempts > mostAttempts) return this.#finish({ state: 'failed', error: begunTooOften() });
    live.set(id, { meter: this.#meter, cancel: () => this.#end('canceled') });
    this.#tell('running');
    const done = new AbortController();
    const beating = this.#beat(done.signal);
    try {
      const ended = await this.#attempt().then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      done.abort();
      await beating;
      // One that is made and cannot be written down has not failed: its claim passes, and whoever takes it up finds everything there.
      if ('result' in ended) await this.#finish({ state: 'done', result: ended.result });
      else await this.#fail(ended.error);
    } finally {
      live.delete(id);
    }
  }

  async #attempt(): Promise<CopyOutcome> {
    const { targets, uploads, clock } = this.#deps;
    const { id, source, destination, settings, earlier } = this.#stored;
    const signal = AbortSignal.any([this.#stopping, this.#ended.signal]);
    const opening = Promise.all([
      open('source', source, (registry) => targets.openSource('system', registry, source.repository, copyPurpose)),
      open('destination', destination, (registry) => targets.openDestination('system', registry, destination.repository, copyPurpose)),
    ]);
    // Secrets that are read elsewhere may be long in coming.
    const [from, to] = await untilAborted(opening, signal);
    const place = { registryId: to.registry.id, repository: destination.repository };
    const keeper = new UploadKeeper({ store: uploads, clock }, place, id);
    let made = false;
    let sentBefore = 0;
    try {
      const result = await copy(from.target, source.reference, to.target, destination.tags, {
        ...copyOptions(settings),
        knowledge: targets.knowledge,
        resume: await keeper.resumable(),
        onUpload: keeper.onUpload,
        onEvent: (event) => {
          keeper.note(event);
          this.#meter.take(event);
          if (event.kind !== 'resumed' || !keeper.ownBefore.has(event.digest)) return;
          sentBefore += event.count;
          this.#meter.sentBefore(event.count);
        },
        signal,
        clock,
      });
      made = true;
      return withEarlier(toOutcome(result), { blobs: earlier.blobs, bytes: earlier.bytes + sentBefore });
    } finally {
      // That it could not be written down where uploads stand costs bytes at worst, and is no failure of the copy.
      await keeper.close({ done: made }).catch(this.#deps.onFailure);
    }
  }

  /** Renews the claim and writes down the progress while the copy runs; notices that it was canceled, or that the claim is lost. */
  async #beat(done: AbortSignal): Promise<void> {
    const { claims, clock, runner, claimTime } = this.#deps;
    const { id } = this.#stored;
    let renewedAt = clock.now();
    let told = '';
    while (!done.aborted) {
      await clock.sleep(beatEvery, done).catch((error: unknown) => {
        if (!done.aborted) throw error;
      });
      if (done.aborted) return;
      const progress = this.#meter.snapshot();
      const now = clock.now();
      try {
        const kept = await claims.renew({ id, runner, now, ttl: claimTime }, progress);
        if (!kept) return this.#end('lost');
        renewedAt = now;
        if (kept.cancelRequested) return this.#end('canceled');
      } catch (error) {
        this.#deps.onFailure(error);
        // Somebody else may be at it by now.
        if (clock.now() - renewedAt > claimTime) return this.#end('lost');
      }
      const text = JSON.stringify(progress);
      if (text !== told) this.#tell('running');
      told = text;
    }
  }

  #end(reason: 'canceled' | 'lost'): void {
    this.#reason ??= reason;
    this.#ended.abort(new DOMException('The copy was canceled.', 'AbortError'));
  }

  async #fail(error: unknown): Promise<void> {
    const { clock } = this.#deps;
    if (this.#reason === 'lost') return;
    if (this.#reason === 'canceled') return this.#finish({ state: 'canceled' });
    const now = clock.now();
    if (this.#stopping.aborted) return this.#release({ dueAt: now, begun: false });
    // Nobody canceled it: its client was closed, because the registry was edited. The next one has the new settings.
    if (error instanceof TagboatError && error.code === 'canceled') return this.#release({ dueAt: now + afterEdit, begun: true });
    const failures = this.#stored.failures + 1;
    const pause = pauseBeforeNext(error, failures);
    if (pause === undefined) return this.#finish({ state: 'failed', error });
    const failure = { ...failureOf(error), failures };
    await this.#release({ dueAt: now + pause, begun: true, failure });
  }

  async #release(how: Omit<Parameters<CopyClaims['release']>[2], 'progress'>): Promise<void> {
    const { claims, runner } = this.#deps;
    if (await claims.release(this.#stored.id, runner, { ...how, progress: this.#meter.snapshot() })) this.#tell('queued');
  }

  async #finish(ending: { state: CopyEnding['state']; result?: CopyOutcome; error?: unknown }): Promise<void> {
    const { store, claims, audit, events, runner, clock, onWritten, onFailure } = this.#deps;
    const { id, destination, failures } = this.#stored;
    const { state, result, error } = ending;
    if (state !== 'done' && this.#meter.tagged && destination.tags.length > 1)
      this.#meter.take({ kind: 'note', message: 'Some of its tags were set before it ended, and others were not.' });
    if (error !== undefined && (!(error instanceof TagboatError) || error instanceof HubError)) onFailure(error);
    const failure = error === undefined ? undefined : { ...failureOf(error), failures: failures + 1 };
    const isKept = await store.transaction(async (trx) => {
      const at = clock.now();
      const isMine = await claims.finish(trx, id, runner, {
        state,
        at,
        progress: { ...this.#meter.snapshot(), speed: 0, active: [] },
        ...(result && { result }),
        ...(failure && { failure }),
      });
      if (!isMine) return false;
      const outcome = state === 'done' ? 'ok' : (failure?.code ?? 'canceled');
      await audit.record(
        {
          action: 'copy.finish',
          target: auditTarget(this.#stored),
          outcome,
          detail: `${inWords(this.#stored)}, for ${this.#stored.by.name}.`,
        },
        trx,
      );
      return true;
    });
    const { registryId, repository } = destination;
    if (registryId !== undefined && (this.#meter.tagged || result?.outcome === 'copied')) {
      await onWritten(registryId, repository).catch(onFailure);
      events.emit('repository.written', { id: registryId, repository });
    }
    if (isKept) this.#tell(state);
  }

  #tell(state: StoredCopy['state']): void {
    const { id, destination, source } = this.#stored;
    const registry = destination.registryId ?? source.registryId;
    if (registry !== undefined) this.#deps.events.emit('copy.changed', { id: registry, copy: id, state });
  }
}

async function open(
  side: 'source' | 'destination',
  { registryId, registry, repository }: CopyEnd,
  opening: (registryId: string) => Promise<OpenedEnd>,
): Promise<OpenedEnd> {
  try {
    // Of one that was removed no row has the id any more.
    return await opening(registryId ?? '');
  } catch (error) {
    if (!(error instanceof TagboatError) || error instanceof HubError) throw error;
    throw new CopyError(side, `${registry}/${repository}`, error);
  }
}

function begunTooOften(): TagboatError {
  const message = `The copy was begun ${mostAttempts} times, and each time the hub ended before it, or the registry was edited.`;
  return new TagboatError(message, { code: 'internal', fault: 'hub', retry: 'never' });
}

/** What attempts before the last one had sent was found at the destination by the last one, and is this copy's work all the same. */
function withEarlier(outcome: CopyOutcome, earlier: EarlierWork): CopyOutcome {
  if (earlier.bytes === 0) return outcome;
  const { blobs, bytes } = outcome;
  return {
    ...outcome,
    outcome: 'copied',
    blobs: { ...blobs, uploaded: blobs.uploaded + earlier.blobs, present: Math.max(0, blobs.present - earlier.blobs) },
    bytes: { moved: bytes.moved + earlier.bytes, saved: Math.max(0, bytes.saved - earlier.bytes) },
  };
}
