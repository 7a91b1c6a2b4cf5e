import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { buildImage, type BuiltContent, delay, resetAt, startRegistry, type TestRegistry, uploadResetAt } from '../../src/testing/index.ts';
import { tagboat } from '../cli/tagboat.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { isWhole } from './copy-world.ts';
import type { FromChild, ToChild } from './kill-child.ts';
import { UploadWatch } from './kill-watch.ts';

/** Numbers that a seed makes again (mulberry32). */
export function randomFrom(seed: number): (from: number, to: number) => number {
  let state = seed;
  return (from, to) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return from + (((mixed ^ (mixed >>> 14)) >>> 0) % (to - from));
  };
}

type Random = ReturnType<typeof randomFrom>;

/** What a destination's tags may point to: the image that was there, or the one that is on its way. */
class Expected {
  readonly #contents = new Map<string, BuiltContent>();
  readonly #allowed = new Map<string, Set<string>>();
  readonly #registry: TestRegistry;
  #arrived = false;
  readonly places: readonly (readonly [repository: string, tag: string])[];

  constructor(registry: TestRegistry, places: readonly (readonly [repository: string, tag: string])[]) {
    this.#registry = registry;
    this.places = places;
  }

  coming(repository: string, content: BuiltContent): void {
    this.#contents.set(content.digest, content);
    this.#allowed.set(repository, (this.#allowed.get(repository) ?? new Set()).add(content.digest));
  }

  /** The last one is there now, and no other may come back. */
  arrived(): void {
    this.#arrived = true;
    for (const [repository, digests] of this.#allowed) this.#allowed.set(repository, new Set([...digests].slice(-1)));
  }

  /**
   * What is wrong with the tags, in words.
   *
   * @param complete whether the last image has to be there by now
   */
  problems({ complete }: { complete: boolean }): string[] {
    return this.places.flatMap(([repository, tag]) => {
      const digest = this.#registry.content.manifest(repository, tag)?.digest;
      // Before the first image has arrived there is none.
      if (digest === undefined) return complete || this.#arrived ? [`${repository}:${tag} is gone.`] : [];
      const content = this.#contents.get(digest);
      const allowed = [...(this.#allowed.get(repository) ?? [])];
      if (!content || !(complete ? allowed.slice(-1) : allowed).includes(digest)) return [`${repository}:${tag} points to ${digest}.`];
      return isWhole(this.#registry, repository, content) ? [] : [`${repository}:${tag} is not whole.`];
    });
  }
}

/** A hub gives up what it has begun fifty times. */
const mostKillsInLap = 30;

/** Layers do not compress; `shared` is a layer that others have, too. */
function imageWith(sizes: readonly number[], shared?: Buffer): BuiltContent {
  const files = [...sizes.map((size) => randomBytes(size)), ...(shared ? [shared] : [])];
  return buildImage({ layers: files.map((bytes, i) => ({ files: { [`${i}.bin`]: bytes }, compression: 0 })) });
}

/** One of each a lap, somewhere: a source that breaks off, a destination that resets, early or late, and one that is slow. */
function addFaults({ from, to }: { from: TestRegistry; to: TestRegistry }, random: Random): void {
  for (const registry of [from, to]) registry.faults.clear();
  from.faults.add({ method: 'GET', path: '/blobs/', skip: random(0, 10) }, resetAt(random(1, 200_000)));
  to.faults.add({ method: 'PUT', path: '/blobs/uploads/', skip: random(0, 12) }, uploadResetAt(random(1, 200_000)));
  to.faults.add({ method: 'PUT', path: '/blobs/uploads/', skip: random(0, 12) }, uploadResetAt(random(0, 2)));
  to.faults.add({ method: 'PUT', path: '/manifests/', skip: random(0, 3) }, delay(random(20, 400)));
  to.faults.add({ method: 'PUT', path: '/blobs/uploads/', skip: random(0, 8) }, delay(random(20, 400)));
}

/** `<repository> <digest>` of the uploads that a hub can take up again, and when it wrote that down. */
function keptUploads(file: string): Map<string, number> {
  if (!existsSync(file)) return new Map();
  using database = new DatabaseSync(file);
  const isThere = database.prepare("select 1 from sqlite_master where name = 'copy_uploads'").get();
  const rows = isThere ? database.prepare('select repository, digest, updated_at from copy_uploads').all() : [];
  return new Map(rows.map(({ repository, digest, updated_at }) => [`${String(repository)} ${String(digest)}`, Number(updated_at)]));
}

/**
 * Hubs that make copies and run a rule, killed so many times; the last one is let finish.
 *
 * @param childFile `kill-child.ts`, bundled
 */
export async function killHubs(childFile: string, count: number, random: Random): Promise<UploadWatch> {
  await using from = await startRegistry();
  await using to = await startRegistry();
  const directory = await temporaryDirectory('tagboat-kills');
  await mkdir(join(directory.path, 'data'), { mode: 0o700 });
  const expected = new Expected(to, [
    ...['a', 'b'].flatMap((name) => ['1', 'stable'].map((tag) => [`copied/${name}`, tag] as const)),
    ...['a', 'b'].map((name) => [`mirror/sync/${name}`, '1'] as const),
  ]);
  const watch = new UploadWatch(to);
  const children = new Set<ChildProcess>();
  /** It loads while the one before it is at work: most of a start is reading code, which is compiled once. */
  const load = () => {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(directory.path, 'compiled') };
    const child = fork(childFile, [join(directory.path, 'data'), from.url, to.url], { execArgv: [], env });
    children.add(child);
    child.once('exit', () => children.delete(child));
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('The hub ended before it was told to begin.')));
    const loaded = Promise.race([once(child, 'message'), ended]);
    // The next one may be ended before anybody waits for it.
    loaded.catch(() => {});
    return { child, loaded };
  };
  let lap = -1;
  /** Whether the child that was told to begin the lap has said that it did. */
  let isBegun = true;
  /** Since the last lap ended. */
  let killedInLap = 0;
  const warnings: string[] = [];
  const newLap = () => {
    lap++;
    killedInLap = 0;
    isBegun = false;
    const shared = randomBytes(280_000);
    for (const name of ['a', 'b']) {
      for (const [source, destination] of [
        ['shop', 'copied'],
        ['sync', 'mirror/sync'],
      ] as const) {
        const image = imageWith([300_000, 3000], shared);
        from.put(`${source}/${name}`, image, '1');
        expected.coming(`${destination}/${name}`, image);
      }
    }
    addFaults({ from, to }, random);
  };
  const listen = (child: ChildProcess, onIdle: () => void) => {
    // It may be killed while it is spoken to.
    const tell = (message: ToChild) => child.connected && child.send(message, () => {});
    let isOpen = (): void => {};
    const opened = new Promise<void>((resolve) => (isOpen = resolve));
    child.once('exit', () => isOpen());
    child.on('message', (message: FromChild) => {
      if (message.kind === 'open') isOpen();
      if (message.kind === 'warning') warnings.push(message.message);
      if (message.kind === 'begun' && message.lap === lap) isBegun = true;
      if (message.kind !== 'idle') return;
      warnings.push(...message.failures);
      if (isBegun) {
        if (lap >= 0) {
          warnings.push(...expected.problems({ complete: true }));
          expected.arrived();
        }
        onIdle();
        newLap();
      }
      tell({ kind: 'begin', lap });
    });
    tell({ kind: 'go' });
    return opened;
  };
  try {
    let next = load();
    for (let killed = 0; killed < count; killed++) {
      const { child, loaded } = next;
      await loaded;
      let failure: unknown;
      child.on('error', (error) => (failure = error));
      let isIdle = (): void => {};
      const idle = new Promise<void>((resolve) => (isIdle = resolve));
      const opened = listen(child, isIdle);
      next = load();
      // Mostly at work, now and then while it opens its database or takes up what was left.
      if (random(0, 8) > 0) {
        await opened;
        await Promise.race([watch.after(random(1, 70)), sleep(4000)]);
      }
      await sleep(random(0, 500));
      // On a machine that is slow no lap would come to its end before what is begun too often is given up.
      if (killedInLap >= mostKillsInLap) await Promise.race([idle, once(child, 'exit')]);
      expect([child.exitCode, failure, warnings], 'the hub goes on until it is killed').toEqual([null, undefined, []]);
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      killedInLap++;
      await exited;
      await watch.killed(keptUploads(join(directory.path, 'data', 'tagboat.db')));
      expect([...expected.problems({ complete: false }), ...watch.violations]).toEqual([]);
    }
    const { child, loaded } = next;
    await loaded;
    // What was begun ends, and one more lap from beginning to end.
    let laps = 0;
    const done = new Promise<void>(
      (resolve) =>
        void listen(child, () => {
          if (++laps === 2) resolve();
        }),
    );
    await Promise.race([
      done,
      once(child, 'exit').then(() => Promise.reject(new Error(`The hub ended by itself: ${warnings.join('\n')}`))),
    ]);
    expect([watch.violations, warnings]).toEqual([[], []]);
    expect(lap, 'laps that were completed').toBeGreaterThan(3);
    return watch;
  } finally {
    await Promise.all(
      [...children].map(async (child) => {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
    await directory.remove();
  }
}

/** `<repository> <digest>` of the uploads that `tagboat copy` can take up again, all to one repository, and when it wrote that down. */
async function keptByCommands(home: string, repository: string): Promise<Map<string, number>> {
  const folder = join(home, '.cache', 'tagboat', 'uploads');
  const names = existsSync(folder) ? await readdir(folder, { recursive: true }) : [];
  const kept = names.filter((name) => /^[0-9a-f]+\/sha256-[0-9a-f]{64}$/.test(name));
  const times = await Promise.all(
    kept.map(async (name) => [`${repository} ${basename(name).replace('-', ':')}`, (await stat(join(folder, name))).mtimeMs] as const),
  );
  return new Map(times);
}

/** The same with `tagboat copy`. */
export async function killCommands(count: number, random: Random): Promise<UploadWatch> {
  await using from = await startRegistry();
  await using to = await startRegistry();
  await using program = await tagboat();
  const expected = new Expected(to, [['copied/cli', '1']]);
  const watch = new UploadWatch(to);
  const command = ['copy', `${from.host}/shop/cli:1`, `${to.host}/copied/cli`, '--bandwidth', '600K', '-q'];
  for (let killed = 0; killed < count; ) {
    const image = imageWith([300_000, 100_000, 60_000, 1000]);
    from.put('shop/cli', image, '1');
    expected.coming('copied/cli', image);
    addFaults({ from, to }, random);
    for (let times = random(1, 5); times > 0; times--) {
      const child = program.start(command);
      const exited = once(child, 'exit');
      await Promise.race([watch.after(random(1, 16)), exited]);
      await Promise.race([sleep(random(0, 350)), exited]);
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        killed++;
      }
      await exited;
      await watch.killed(await keptByCommands(program.home, 'copied/cli'));
      expect([...expected.problems({ complete: false }), ...watch.violations]).toEqual([]);
    }
    const { code, stderr } = await program.run(command);
    expect(code, stderr).toBe(0);
    expect(expected.problems({ complete: true })).toEqual([]);
    expected.arrived();
  }
  return watch;
}
