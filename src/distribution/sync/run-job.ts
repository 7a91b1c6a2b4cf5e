import type { Audit } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import { TagboatError } from '../../core/errors.ts';
import type { HubEvents } from '../../core/events.ts';
import { failureOf } from '../copies/failure.ts';
import { UploadKeepers } from '../copies/upload-keepers.ts';
import type { UploadStore } from '../copies/upload-store.ts';
import type { SeenTag } from './changes.ts';
import { refuseCircle, SyncLoop } from './circles.ts';
import type { HubWorlds } from './hub-world.ts';
import type { LinkStore } from './link-store.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { SyncRun } from './rule-types.ts';
import { planSync, runSync } from './run.ts';
import type { EndedRun, RunClaims } from './run-claim-store.ts';
import { describeCounts, endingOf } from './run-ending.ts';
import { RunTally } from './run-tally.ts';
import type { SeenStore } from './seen-store.ts';
import type { SyncItem, SyncReport } from './types.ts';
import type { SyncWorld } from './world.ts';

export interface RunJobDeps {
  rows: RuleStore;
  seen: SeenStore;
  links: LinkStore;
  claims: RunClaims;
  worlds: HubWorlds;
  uploads: UploadStore;
  audit: Audit;
  events: HubEvents;
  clock: Clock;
  /** How long a claim holds that is not renewed, in milliseconds. Default one minute. */
  claimTime?: number;
  /** Told of repositories that were written to, so that what is listed next is read anew. */
  onWritten?: (registryId: string, repository: string) => Promise<void>;
  /** Told of errors of the hub itself. */
  onFailure?: (error: unknown) => void;
}

/** What was seen of the source before a run, to be kept when the run has brought it into step. */
export interface SeenBefore {
  ruleVersion: number;
  tags: readonly SeenTag[];
}

/** How long a runner has a run for itself without a sign of life, in milliseconds. */
const defaultClaimTime = 60_000;
const beatEvery = 1000;
/** A run that was begun so often brings its hub down each time. */
const mostAttempts = 50;
/** Repositories that were written to are told of this often while a run goes on, in milliseconds. */
const tellEvery = 10_000;

/** One plan or run, from being taken up to its end. */
export class RunJob {
  readonly #deps: RunJobDeps;
  readonly #id: string;
  readonly #runner: string;
  readonly #stopping: AbortSignal;
  /** `canceled`: somebody said so. `lost`: another runner has it, or its rule was removed. */
  readonly #ending = new AbortController();
  #why: 'canceled' | 'lost' | undefined;
  readonly #over = new AbortController();
  readonly #keepers: UploadKeepers;
  readonly #written = new Set<string>();

  constructor(deps: RunJobDeps, job: { id: string; runner: string; stopping: AbortSignal }) {
    this.#deps = deps;
    this.#id = job.id;
    this.#keepers = new UploadKeepers({ store: deps.uploads, clock: deps.clock }, job.id);
    this.#runner = job.runner;
    this.#stopping = job.stopping;
  }

  cancel(): void {
    this.#break('canceled');
  }

  /**
   * Does nothing when another runner was faster.
   *
   * @param options `mayRepeat`: put it back when a registry was edited meanwhile, so that it goes on with the new settings
   * @returns whether it was put back for that
   */
  async work({ seen, mayRepeat = false }: { seen?: SeenBefore; mayRepeat?: boolean } = {}): Promise<boolean> {
    const { rows, claims, clock, claimTime = defaultClaimTime } = this.#deps;
    const claimed = await claims.claim(this.#id, this.#runner, claimTime, clock.now());
    const rule = claimed && (await rows.byId(claimed.ruleId));
    if (!claimed || !rule) return false;
    const { run } = claimed;
    if (run.canceling) {
      await this.#end(rule, run, { state: 'canceled', finishedAt: clock.now() });
      this.#tell(rule);
      return false;
    }
    if (claimed.attempts > mostAttempts) {
      await this.#end(rule, run, { state: 'failed', failure: failureOf(begunTooOften()), finishedAt: clock.now() });
      this.#tell(rule);
      return false;
    }
    if (rule.version !== run.ruleVersion) await claims.setVersion(this.#id, this.#runner, rule.version);
    this.#tell(rule);
    const isSame = run.kind === 'run' && rule.version === run.ruleVersion;
    const tally = new RunTally(isSame ? claimed.before : undefined);
    const beating = this.#beat(rule, tally);
    let isAgain = false;
    try {
      const ended = await this.#carryOut(rule, run, tally);
      isAgain = mayRepeat && ended !== undefined && this.#why === undefined && wasClosed(ended);
      if (ended && !isAgain) await this.#end(rule, { ...run, ruleVersion: rule.version }, ended, seen);
      else if (this.#why !== 'lost') await claims.release(this.#id, this.#runner, tally.take());
    } finally {
      this.#over.abort();
      await beating;
    }
    this.#tell(rule);
    return isAgain;
  }

  /** Undefined when it ends here without being over: the hub stops, or it is another runner's. */
  async #carryOut(rule: StoredRule, run: SyncRun, tally: RunTally): Promise<EndedRun | undefined> {
    const { seen, worlds, clock } = this.#deps;
    let isWhole = false;
    try {
      await refuseCircle(this.#deps, rule);
      if (run.kind === 'run') await seen.doubt(rule.id);
      const world = await worlds.open(rule.spec, { principal: 'system', rule });
      const report = tally.report(await this.#engine(rule, run, world, tally));
      const ending = endingOf(run.kind, report);
      isWhole = ending.state === 'done';
      return { ...ending, report, finishedAt: clock.now() };
    } catch (error) {
      const report = tally.soFar();
      const soFar = { finishedAt: clock.now(), ...(report && { report }) };
      if (this.#why === 'canceled') return { state: 'canceled', ...soFar };
      if (this.#why === 'lost' || this.#stopping.aborted) return undefined;
      if (!(error instanceof TagboatError)) this.#deps.onFailure?.(error);
      return { state: 'failed', failure: failureOf(error), ...soFar, ...(error instanceof SyncLoop && { record: error.record }) };
    } finally {
      await this.#keepers.close({ done: isWhole }).catch((error: unknown) => this.#deps.onFailure?.(error));
      await this.#tellWritten(rule);
    }
  }

  #engine(rule: StoredRule, { kind }: SyncRun, world: SyncWorld, tally: RunTally): Promise<SyncReport> {
    const signal = AbortSignal.any([this.#stopping, this.#ending.signal]);
    const onItem = (item: SyncItem): void => {
      tally.onItem(item);
      if (item.outcome === 'done') this.#written.add(item.destination.repository);
    };
    const options = { signal, onProgress: tally.onProgress, onItem };
    if (kind === 'plan') return planSync(rule.spec, world, options);
    const keeperOf = (repository: string) => this.#keepers.of({ registryId: rule.destination.id, repository });
    return runSync(rule.spec, world, {
      ...options,
      resume: (repository) => keeperOf(repository).resumable(),
      onUpload: (repository, digest, state) => keeperOf(repository).onUpload(digest, state),
      onEvent: ({ destination }, event) => keeperOf(destination.repository).note(event),
    });
  }

  async #end(rule: StoredRule, run: SyncRun, ended: EndedRun, before?: SeenBefore): Promise<void> {
    const { rows, seen, claims, audit } = this.#deps;
    const isSeen = run.kind === 'run' && ended.state === 'done' && before?.ruleVersion === rule.version;
    // Before it ends: nobody else begins a run of the rule so long.
    const isWritten = isSeen && (await seen.write(rule.id, before.tags, () => this.#why !== 'lost' && !this.#stopping.aborted));
    await rows.transaction(async (trx) => {
      if (isWritten) await rows.lock(trx);
      if (!(await claims.end(trx, this.#id, this.#runner, ended))) return;
      const { state, report, failure, record } = ended;
      // Whoever edited the rule meanwhile wants everything looked at.
      if (isWritten && (await rows.byId(rule.id, trx))?.version === rule.version) await seen.settle(trx, rule.id);
      if (run.kind === 'plan' && state === 'done') await rows.markPlanned(trx, rule.id, run.ruleVersion);
      const isQuiet = run.cause !== 'person' && state === 'done' && (report?.counts.copied ?? 0) + (report?.counts.deleted ?? 0) === 0;
      if (run.kind === 'plan' || isQuiet) return;
      await audit.record(
        {
          action: 'sync-rule.finish',
          target: { kind: 'sync-rule', id: rule.id, name: rule.name },
          outcome: failure?.code ?? (state === 'canceled' ? 'canceled' : 'ok'),
          detail: `${describeRun(run)}: ${report ? describeCounts(report.counts) : 'nothing was done.'}${failure ? ` ${record ?? failure.message}` : ''}`,
        },
        trx,
      );
    });
  }

  /** Shows that it is alive, writes how far it is, and notices when it was told to stop. */
  async #beat(rule: StoredRule, tally: RunTally): Promise<void> {
    const { claims, clock, claimTime = defaultClaimTime } = this.#deps;
    const over = this.#over.signal;
    let renewedAt = clock.now();
    let toldAt = clock.now();
    while (!over.aborted) {
      await clock.sleep(beatEvery, over).catch(() => {});
      if (over.aborted) return;
      const soFar = tally.take();
      try {
        const renewed = await claims.renew(this.#id, this.#runner, claimTime, soFar);
        renewedAt = clock.now();
        if (!renewed) this.#break('lost');
        else if (renewed.cancel) this.#break('canceled');
      } catch (error) {
        this.#deps.onFailure?.(error);
        // Nobody can tell any more that it is under way: another hub is about to take it up.
        if (clock.now() - renewedAt > claimTime / 2) this.#break('lost');
      }
      if (soFar) this.#tell(rule);
      if (clock.now() - toldAt >= tellEvery) {
        toldAt = clock.now();
        await this.#tellWritten(rule);
      }
    }
  }

  #break(why: 'canceled' | 'lost'): void {
    this.#why ??= why;
    this.#ending.abort(new Error(why === 'canceled' ? 'The run was canceled.' : 'The run belongs to another runner.'));
  }

  #tell({ id, destination }: StoredRule): void {
    this.#deps.events.emit('sync.changed', { id: destination.id, rule: id, run: this.#id });
  }

  async #tellWritten({ destination }: StoredRule): Promise<void> {
    const repositories = [...this.#written];
    this.#written.clear();
    for (const repository of repositories) {
      try {
        await this.#deps.onWritten?.(destination.id, repository);
      } catch (error) {
        this.#deps.onFailure?.(error);
      }
      this.#deps.events.emit('repository.written', { id: destination.id, repository });
    }
  }
}

function begunTooOften(): TagboatError {
  const message = `It was begun ${mostAttempts} times, and each time its hub ended before it.`;
  const help = 'Look into the log of the hub for why it ended; narrow the repositories or tags of the rule if it ran out of memory.';
  return new TagboatError(message, { code: 'sync_incomplete', fault: 'hub', retry: 'never', context: { help } });
}

/** Nobody canceled it: the client of a registry was closed, because the registry was edited. The next one has the new settings. */
function wasClosed({ state, failure, report }: EndedRun): boolean {
  const isClosed = (code: string | undefined) => code === 'canceled';
  return (
    state === 'failed' &&
    (isClosed(failure?.code) || (report?.items ?? []).some(({ outcome, code }) => outcome === 'failed' && isClosed(code)))
  );
}

function describeRun({ cause, by }: SyncRun): string {
  if (cause === 'person') return `Asked for by ${by.name}`;
  return cause === 'schedule' ? 'On schedule' : 'After a change of the source';
}
