import { systemClock } from '../../core/clock.ts';
import { UploadKeepers } from '../../distribution/copies/upload-keepers.ts';
import { type DocumentRule, readRules } from '../../distribution/sync/documents/index.ts';
import { describeLoop, findLoop } from '../../distribution/sync/loops.ts';
import { usesOf } from '../../distribution/sync/rule-uses.ts';
import { planSync, runSync } from '../../distribution/sync/run.ts';
import type { SyncItem, SyncReport, SyncSpec } from '../../distribution/sync/types.ts';
import type { SyncWorld } from '../../distribution/sync/world.ts';
import { TagboatError } from '../../oci/index.ts';
import { approve } from '../change.ts';
import type { Cli } from '../cli.ts';
import { describeError, Failed, UsageError } from '../errors.ts';
import { CopyProgress } from '../output/copy-progress.ts';
import { tellInterrupted } from '../output/interrupted.ts';
import type { Output } from '../output/output.ts';
import { formatCount } from '../output/size.ts';
import { StatusLine } from '../output/status-line.ts';
import { isIncomplete, itemLines, partialLines, syncHeadline, syncStatus } from '../output/sync-report.ts';
import { printable } from '../output/text.ts';
import { printError } from '../print-error.ts';
import { DirectWorlds, hostOf, isLayout, placeOf } from '../standalone/sync-worlds.ts';
import { UploadFolder } from '../standalone/upload-folder.ts';
import { readSources } from './import-sources.ts';
import { readKeys, SyncLayouts } from './sync-layouts.ts';
import type { SyncRunOptions } from './sync-run.ts';

/** Plans or runs the rules of a file from this machine, one after the other. A rule that fails does not stop the next. */
export async function syncFile(cli: Cli, path: string, options: SyncRunOptions): Promise<void> {
  const output = cli.output(options);
  const { rules, connections, notes } = readRules(await readSources(cli, [path]), {
    env: cli.io.env,
    ...(options.format && { format: options.format }),
    ...(options.destination !== undefined && { destination: options.destination }),
    ...(options.scoped && { scoped: true }),
  });
  for (const note of notes) output.note(printable(note));
  if (rules.length === 0) throw new UsageError('The file holds no rules.', 'Name a file with rules of Tagboat, regsync or skopeo sync.');
  const chosen = choose(rules, options.rule);
  const usable = chosen.filter(({ problem }) => problem === undefined);
  checkTogether(usable, options);
  const keys = await readKeys(cli, options);
  const worlds = new DirectWorlds(cli, options, connections);
  try {
    const layouts = new SyncLayouts(cli, output, worlds, keys);
    const run = new LocalRun(cli, output, worlds, options, layouts, rules);
    for (const { name, problem = '' } of chosen.filter((rule) => !usable.includes(rule))) run.refuse(name, problem);
    if (!options.dryRun || keys.verify) await layouts.check(usable);
    for (const rule of usable) await run.follow(rule);
    if (!options.dryRun) await layouts.listContents(usable);
    if (run.failed) throw new Failed();
  } finally {
    await worlds.close();
    if (!options.dryRun) tellInterrupted(cli, output);
  }
}

function choose(rules: readonly DocumentRule[], names: readonly string[]): DocumentRule[] {
  const missing = names.find((name) => !rules.some((rule) => rule.name === name));
  if (missing !== undefined)
    throw new UsageError(
      `The file has no rule “${printable(missing)}”.`,
      `It has ${rules.map(({ name }) => `“${printable(name)}”`).join(', ') || 'none'}.`,
    );
  return names.length === 0 ? [...rules] : rules.filter(({ name }) => names.includes(name));
}

/** What can be said before anything is asked. */
function checkTogether(rules: readonly DocumentRule[], options: SyncRunOptions): void {
  const writes = rules.some(({ spec }) => isLayout(spec.destination.registry));
  const reads = rules.some(({ spec }) => isLayout(spec.source.registry));
  if (options.signKey !== undefined && !writes)
    throw new UsageError(
      '--sign-key is for layouts that are written, and no rule writes one.',
      'Leave it out, or name the layout: `destination: {layout: ./directory}`.',
    );
  if (options.verifyKey !== undefined && !reads)
    throw new UsageError(
      '--verify-key is for layouts that are read, and no rule reads one.',
      'Leave it out, or name the layout: `source: {layout: ./directory}`.',
    );
  for (const { spec } of rules) for (const { registry } of [spec.source, spec.destination]) if (!isLayout(registry)) hostOf(registry);
  const ends = rules.map(({ name, spec }) => ({ name, spec, from: placeOf(spec.source.registry), to: placeOf(spec.destination.registry) }));
  const loop = findLoop(
    ends.map(({ name, spec, from, to }) => ({ id: name, name, spec, source: { id: from, host: from }, destination: { id: to, host: to } })),
  );
  if (loop)
    throw new UsageError(
      `These rules would copy in a circle: ${printable(describeLoop(loop))}.`,
      'Narrow the repositories or tags of one of them, give what it writes another name, or leave one out with --rule.',
    );
  for (const [flag, name, hosts] of [
    ['--src-username', options.srcUsername, ends.map(({ from }) => from)],
    ['--dest-username', options.destUsername, ends.map(({ to }) => to)],
  ] as const) {
    const several = [...new Set(hosts.filter((host) => !isLayout(host)))];
    // A password is for the one registry that it was meant for.
    if (name !== undefined && several.length > 1)
      throw new UsageError(
        `${flag} would sign in to ${several.slice(0, 4).join(' and ')}.`,
        'Choose rules with --rule, or sign in to each with `docker login`.',
      );
  }
}

class LocalRun {
  failed = false;
  readonly #cli: Cli;
  readonly #output: Output;
  readonly #worlds: DirectWorlds;
  readonly #options: SyncRunOptions;
  readonly #layouts: SyncLayouts;
  readonly #uploads: UploadFolder;
  /** Of the file, also those that were not chosen. */
  readonly #rules: readonly DocumentRule[];

  constructor(
    cli: Cli,
    output: Output,
    worlds: DirectWorlds,
    options: SyncRunOptions,
    layouts: SyncLayouts,
    rules: readonly DocumentRule[],
  ) {
    this.#rules = rules;
    this.#cli = cli;
    this.#output = output;
    this.#worlds = worlds;
    this.#options = options;
    this.#layouts = layouts;
    this.#uploads = new UploadFolder(cli.io.env);
  }

  refuse(name: string, problem: string): void {
    this.failed = true;
    if (this.#output.json) this.#line({ event: 'failed', rule: name, code: 'invalid_settings', message: problem });
    else this.#cli.io.stderr.write(`${this.#output.notePalette.bad(`${printable(name)} is not followed:`)} ${printable(problem)}\n`);
  }

  async follow(rule: DocumentRule): Promise<void> {
    const { name, notes } = rule;
    for (const note of notes) this.#output.note(this.#output.notePalette.dim(printable(`${name}: ${note}`)));
    try {
      const world = { ...(await this.#worlds.open(rule.spec)), reasonToKeep: neededByOthers(rule, this.#rules) };
      const started = performance.now();
      const report = this.#options.dryRun ? await this.#plan(rule.spec, world) : await this.#run(rule, world);
      this.#show(name, report, (performance.now() - started) / 1000);
    } catch (error) {
      // What is wrong with the command or with this machine is wrong for all rules.
      if (this.#cli.signal.aborted || !(error instanceof TagboatError) || error instanceof UsageError) throw error;
      this.failed = true;
      const described = await describeError(error);
      if (this.#output.json)
        this.#line({ event: 'failed', rule: name, code: described.code, message: described.message, next: described.next });
      else printError(this.#cli, { ...described, message: `${name}: ${described.message}` });
    }
  }

  async #plan(spec: SyncSpec, world: SyncWorld): Promise<SyncReport> {
    const line = new StatusLine(this.#cli, !this.#output.json && !this.#output.quiet);
    try {
      return await planSync(spec, world, {
        signal: this.#cli.signal,
        parallelTags: this.#options.parallel,
        onProgress: (progress) => line.show(syncStatus(progress, progress.counts.bytes.moved)),
      });
    } finally {
      line.clear();
    }
  }

  async #run({ name, spec }: DocumentRule, world: SyncWorld): Promise<SyncReport> {
    const { signal } = this.#cli;
    const seen = spec.mode === 'mirror' && !this.#options.yes ? await this.#confirm(name, spec, world) : undefined;
    const progress = new CopyProgress(this.#cli, this.#output, { live: !this.#output.json && !this.#output.quiet });
    const line = new StatusLine(this.#cli, !this.#output.json && !this.#output.quiet);
    const { registry } = spec.destination;
    const sources = this.#layouts.sourcesOf(registry);
    const uploads = new UploadKeepers({ store: this.#uploads, clock: systemClock }, this.#uploads.owner);
    const keeperOf = (repository: string) => uploads.of({ registryId: `${registry}#${this.#options.destUsername ?? ''}`, repository });
    let isDone = false;
    try {
      const report = await runSync(spec, seen ? { ...world, reasonToKeep: onlyThose(seen, world) } : world, {
        signal,
        parallelTags: this.#options.parallel,
        // Bars tell of what is on its way; until then there is one line.
        onProgress: (how) => (how.phase === 'listing' ? line.show(syncStatus(how)) : line.clear()),
        onEvent: ({ destination }, event) => {
          keeperOf(destination.repository).note(event);
          progress.take(event);
        },
        resume: (repository) => keeperOf(repository).resumable(),
        onUpload: (repository, digest, state) => keeperOf(repository).onUpload(digest, state),
        onItem: (item) => {
          if (this.#output.json) this.#line({ event: 'item', rule: name, ...item });
          else if (item.outcome === 'failed')
            progress.say(printable(`${item.destination.repository}:${item.destination.tag} failed: ${item.reason ?? ''}`));
        },
        onInStep: ({ source, destination }) =>
          sources?.set(`${destination.repository}:${destination.tag}`, { registry: world.sourceRegistry, ...source }),
      });
      isDone = report.counts.failed === 0;
      return report;
    } finally {
      // A full disk, a home that may not be written: at worst bytes are sent again.
      await uploads.close({ done: isDone }).catch(() => {});
      line.clear();
      progress.end();
    }
  }

  /** Shows what a mirror would delete, and asks. What is deleted then is that, and nothing that came to be in between. */
  async #confirm(name: string, spec: SyncSpec, world: SyncWorld): Promise<Set<string>> {
    const { items } = await this.#plan(spec, world);
    const doomed = items.filter(({ action, outcome }) => action === 'delete' && outcome === 'planned');
    if (doomed.length > 0) {
      const lines = [`${printable(name)} would delete:`, ...itemLines(this.#output, doomed)];
      this.#cli.io.stderr.write(`${lines.join('\n')}\n`);
      await approve(
        this.#cli,
        this.#options,
        `Delete ${doomed.length === 1 ? 'this tag' : `these ${formatCount(doomed.length)} tags`} of ${printable(spec.destination.registry)}?`,
      );
    }
    return new Set(doomed.map(keyOf));
  }

  #show(name: string, report: SyncReport, seconds: number): void {
    const plan = this.#options.dryRun === true;
    this.failed ||= isIncomplete(report);
    if (this.#output.json) {
      if (plan) for (const item of report.items) this.#line({ event: 'item', rule: name, ...item });
      return this.#line({ event: 'result', rule: name, dryRun: plan, ...report.counts, partial: report.partial, seconds });
    }
    const done = report.items.filter(({ outcome }) => outcome === 'planned' || outcome === 'done');
    const items = plan ? report.items : report.items.filter((item) => item.action !== 'copy' || item.outcome === 'failed');
    this.#output.result({
      json: () => report,
      quiet: () => done.map(({ destination }) => printable(`${destination.repository}:${destination.tag}`)),
      human: () => [
        syncHeadline(this.#output, name, report, { plan, ...(!plan && { seconds }) }),
        ...partialLines(this.#output, report.partial),
        ...itemLines(this.#output, items),
      ],
    });
  }

  #line(line: object): void {
    this.#output.jsonLine(line);
  }
}

function onlyThose(seen: ReadonlySet<string>, world: SyncWorld): NonNullable<SyncWorld['reasonToKeep']> {
  return async (repository, tag, digest) => {
    if (seen.has(`${repository}:${tag}@${digest}`)) return world.reasonToKeep?.(repository, tag, digest);
    return 'It was not among the tags that were confirmed: it came in between.';
  };
}

/** Tags that another rule of the file brings to the same place, or copies from there. */
function neededByOthers(rule: DocumentRule, rules: readonly DocumentRule[]): NonNullable<SyncWorld['reasonToKeep']> {
  const others = rules.flatMap((one) => {
    if (one === rule || one.problem !== undefined) return [];
    const { name, spec } = one;
    return [
      { id: name, name, spec, source: { id: placeOf(spec.source.registry) }, destination: { id: placeOf(spec.destination.registry) } },
    ];
  });
  const registryId = placeOf(rule.spec.destination.registry);
  return async (repository, tag) => {
    const [use] = usesOf(others, { registryId, repository }, [tag], { mirrors: true });
    return use && `The rule “${use.name}” needs it.`;
  };
}

function keyOf({ destination: { repository, tag, digest = '' } }: SyncItem): string {
  return `${repository}:${tag}@${digest}`;
}
