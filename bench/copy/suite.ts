// Tagboat (dist/) and every other program for copying that is installed, in turn, between two real docker-registry processes.
import { access } from 'node:fs/promises';
import { type DockerRegistry, startDockerRegistry } from '../../test/support/docker-registry.ts';
import { run } from '../../test/support/run.ts';
import { temporaryDirectory } from '../../test/support/temporary.ts';
import { type Measure, median, type Suite } from '../suite.ts';
import { BenchContent } from './content.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { type CopyTool, tools } from './tools.ts';

const defaultRounds = 3;
const mebibyte = 1024 * 1024;
/** Requests to find out how to sign in and which tags there are. */
const requestsToBegin = 4;
const tags = 650;

interface Scenario {
  name: string;
  repository: string;
  /** Absent: all tags of the repository. */
  tag?: string;
  /** Everything is there already. */
  isWarm?: boolean;
  /** Only with --memory, and once. */
  isHuge?: boolean;
  /** Of the best other program's, and requests of ours. */
  budgets: { wall?: number; cpu?: number; requests?: number };
}

const scenarios: readonly Scenario[] = [
  { name: '300 MB, 6 layers', repository: 'bench/big', tag: '1', budgets: { wall: 0.9, cpu: 0.7 } },
  { name: '200 small images, shared layers', repository: 'bench/family', budgets: { wall: 0.5 } },
  { name: 'index of 5 platforms', repository: 'bench/index', tag: '1', budgets: {} },
  { name: '1 unchanged tag', repository: 'bench/index', tag: '1', isWarm: true, budgets: {} },
  { name: '650 unchanged tags', repository: 'bench/tags', isWarm: true, budgets: { wall: 0.2, requests: 2 * tags + requestsToBegin } },
  { name: '4 GB, 4 layers', repository: 'bench/huge', tag: '1', isHuge: true, budgets: {} },
];

/** Of one run. */
interface Cost {
  /** Milliseconds. */
  wall: number;
  /** Milliseconds of the copying program, user and system. */
  cpu: number;
  /** Largest resident memory. */
  mebibytes: number;
}

export const suite: Suite = {
  title: 'Copy: wall time, processor time and memory, against other programs in the same run',
  async programs() {
    return Object.fromEntries((await installed()).map(({ tool, version }) => [tool.name, version]));
  },
  async run({ rounds = defaultRounds, memory }) {
    await access('/usr/bin/time').catch(() => Promise.reject(new Error('GNU time is needed: apt-get install time')));
    const present = (await installed()).map(({ tool }) => tool);
    await using scratch = await temporaryDirectory('tagboat-bench-copy');
    const source = await startDockerRegistry({ kind: 'open' });
    try {
      await fill(source, memory);
      const measures: Measure[] = [];
      for (const scenario of scenarios) {
        if (scenario.isHuge && !memory) continue;
        const bench: Bench = { scenario, present, source, scratch: scratch.path, rounds: scenario.isHuge ? 1 : rounds };
        measures.push(...(await compare(bench)));
      }
      return measures;
    } finally {
      await source.stop();
    }
  },
};

/** One scenario with those who take part. */
interface Bench {
  scenario: Scenario;
  present: readonly CopyTool[];
  source: DockerRegistry;
  /** Home of the programs. */
  scratch: string;
  rounds: number;
}

async function installed(): Promise<{ tool: CopyTool; version: string }[]> {
  const present: { tool: CopyTool; version: string }[] = [];
  for (const tool of tools) {
    const version = await tool.version();
    if (version !== undefined) present.push({ tool, version });
  }
  return present;
}

async function fill({ url }: DockerRegistry, memory: boolean): Promise<void> {
  const content = new BenchContent(url);
  await content.image('bench/big', '1', 6, 50 * mebibyte);
  await content.family('bench/family', 200);
  await content.index('bench/index', '1');
  await content.tags('bench/tags', tags);
  if (memory) await content.image('bench/huge', '1', 4, 1024 * mebibyte);
  await content.close();
}

/** Programs take turns, so that a slow moment of the machine meets all of them. */
async function compare(bench: Bench): Promise<Measure[]> {
  const { scenario, present, source, scratch, rounds } = bench;
  // Where nothing changes, all may use one destination: it is filled once.
  const filled = scenario.isWarm ? await startDockerRegistry({ kind: 'open' }) : undefined;
  try {
    const able = present.filter((tool) => commandOf(tool, scenario, source.host, source.host));
    const [filler] = able;
    if (filled && filler) await execute(commandOf(filler, scenario, source.host, filled.host) ?? [], scratch);
    const costs = new Map<CopyTool, Cost[]>(able.map((tool) => [tool, []]));
    for (let round = 0; round < rounds; round++) {
      for (const tool of able) costs.get(tool)?.push(await timedCopy(bench, tool, filled));
    }
    const medians = [...costs].map(([tool, all]) => ({
      tool,
      wall: median(all.map(({ wall }) => wall)),
      cpu: median(all.map(({ cpu }) => cpu)),
      mebibytes: Math.max(...all.map((cost) => cost.mebibytes)),
    }));
    const measures: Measure[] = [];
    for (const { tool, wall, cpu, mebibytes } of medians) {
      const name = `${scenario.name}: ${tool.name}`;
      const isOurs = tool.name === 'tagboat';
      const { requests: most } = scenario.budgets;
      measures.push({ name: `${name}, wall`, value: wall, unit: 'ms', rounds });
      measures.push({ name: `${name}, processor`, value: cpu, unit: 'ms', rounds });
      measures.push({ name: `${name}, memory`, value: mebibytes, unit: 'MiB', rounds, ...(isOurs && { budget: 150 }) });
      if (scenario.isHuge) continue;
      const { requests, bytes } = await countedCopy(bench, tool, filled);
      const budget = isOurs && most !== undefined ? { budget: most } : {};
      measures.push({ name: `${name}, requests`, value: requests, unit: 'requests', rounds: 1, ...budget });
      measures.push({ name: `${name}, bytes`, value: bytes / mebibyte, unit: 'MiB', rounds: 1 });
    }
    const [ours, ...peers] = medians;
    if (!ours || peers.length === 0) return measures;
    const { wall, cpu } = scenario.budgets;
    const best = (of: 'wall' | 'cpu') => Math.min(...peers.map((peer) => peer[of]));
    const name = `${scenario.name}, of the best other`;
    measures.push({ name: `${name}: wall`, value: ours.wall / best('wall'), unit: '×', rounds, ...(wall && { budget: wall }) });
    measures.push({ name: `${name}: processor`, value: ours.cpu / best('cpu'), unit: '×', rounds, ...(cpu && { budget: cpu }) });
    return measures;
  } finally {
    await filled?.stop();
  }
}

/** A destination of its own for every run that writes: what one program left behind helps nobody. */
async function withDestination<T>(filled: DockerRegistry | undefined, work: (destination: DockerRegistry) => Promise<T>): Promise<T> {
  const destination = filled ?? (await startDockerRegistry({ kind: 'open' }));
  try {
    return await work(destination);
  } finally {
    if (destination !== filled) await destination.stop();
  }
}

function timedCopy({ scenario, source, scratch }: Bench, tool: CopyTool, filled: DockerRegistry | undefined): Promise<Cost> {
  return withDestination(filled, ({ host }) => execute(commandOf(tool, scenario, source.host, host) ?? [], scratch));
}

function countedCopy(
  { scenario, source, scratch }: Bench,
  tool: CopyTool,
  filled: DockerRegistry | undefined,
): Promise<{ requests: number; bytes: number }> {
  return withDestination(filled, async ({ host }) => {
    await using from = await startCountingProxy(source.host);
    await using to = await startCountingProxy(host);
    await execute(commandOf(tool, scenario, from.host, to.host) ?? [], scratch);
    // Each byte of content passes both.
    return { requests: from.requests + to.requests, bytes: from.bytes };
  });
}

function commandOf(tool: CopyTool, { repository, tag }: Scenario, from: string, to: string): string[] | undefined {
  return tool.command({
    from,
    to,
    source: repository,
    destination: `copied/${repository.split('/')[1]}`,
    ...(tag !== undefined && { tag }),
  });
}

async function execute(command: readonly string[], scratch: string): Promise<Cost> {
  const begin = performance.now();
  const { stderr } = await run('/usr/bin/time', ['--format', 'cost %U %S %M', ...command], {
    env: { HOME: scratch, XDG_DATA_HOME: scratch, XDG_CACHE_HOME: `${scratch}/cache`, DOCKER_CONFIG: scratch },
    timeout: 600_000,
  });
  const wall = performance.now() - begin;
  const [, user, system, kibibytes] = /cost ([\d.]+) ([\d.]+) (\d+)\s*$/.exec(stderr) ?? [];
  if (kibibytes === undefined) throw new Error(`No figures of ${command.join(' ')}: ${stderr}`);
  return { wall, cpu: (Number(user) + Number(system)) * 1000, mebibytes: Number(kibibytes) / 1024 };
}
