// Tagboat (dist/) and every other program for copying that is installed, in turn, between two real docker-registry processes.
import { access } from 'node:fs/promises';
import { type DockerRegistry, startDockerRegistry } from '../../test/support/docker-registry.ts';
import { run } from '../../test/support/run.ts';
import { temporaryDirectory } from '../../test/support/temporary.ts';
import { type Measure, median, type Suite } from '../suite.ts';
import { BenchContent } from './content.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { type CopyTool, tools } from './tools.ts';

const rounds = 3;
const mebibyte = 1024 * 1024;
const scenarios = [
  { name: '300 MB, 6 layers', repository: 'bench/big', tag: '1', isWarm: false, budgets: { wall: 0.9, cpu: 0.7 } },
  { name: '200 small images, shared layers', repository: 'bench/family', tag: undefined, isWarm: false, budgets: { wall: 0.5 } },
  { name: 'index of 5 platforms', repository: 'bench/index', tag: '1', isWarm: false, budgets: {} },
  { name: '1 unchanged tag', repository: 'bench/index', tag: '1', isWarm: true, budgets: {} },
  { name: '650 unchanged tags', repository: 'bench/tags', tag: undefined, isWarm: true, budgets: { wall: 0.2 } },
] as const;

type Scenario = (typeof scenarios)[number];

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
  async run() {
    await access('/usr/bin/time').catch(() => Promise.reject(new Error('GNU time is needed: apt-get install time')));
    const present: { tool: CopyTool; version: string }[] = [];
    for (const tool of tools) {
      const version = await tool.version();
      if (version !== undefined) present.push({ tool, version });
    }
    await using scratch = await temporaryDirectory('tagboat-bench-copy');
    const source = await startDockerRegistry({ kind: 'open' });
    try {
      await fill(source);
      const measures: Measure[] = [];
      for (const scenario of scenarios)
        measures.push(
          ...(await compare(
            scenario,
            present.map(({ tool }) => tool),
            source,
            scratch.path,
          )),
        );
      return measures;
    } finally {
      await source.stop();
    }
  },
};

async function fill({ url }: DockerRegistry): Promise<void> {
  const content = new BenchContent(url);
  await content.image('bench/big', '1', 6, 50 * mebibyte);
  await content.family('bench/family', 200);
  await content.index('bench/index', '1');
  await content.tags('bench/tags', 650);
  await content.close();
}

/** Programs take turns, so that a slow moment of the machine meets all of them. */
async function compare(scenario: Scenario, present: readonly CopyTool[], source: DockerRegistry, scratch: string): Promise<Measure[]> {
  // Where nothing changes, all may use one destination: it is filled once.
  const filled = scenario.isWarm ? await startDockerRegistry({ kind: 'open' }) : undefined;
  try {
    const able = present.filter((tool) => commandOf(tool, scenario, source.host, source.host));
    const [filler] = able;
    if (filled && filler) await execute(commandOf(filler, scenario, source.host, filled.host) ?? [], scratch);
    const costs = new Map<CopyTool, Cost[]>(able.map((tool) => [tool, []]));
    for (let round = 0; round < rounds; round++) {
      for (const tool of able) costs.get(tool)?.push(await timedCopy(tool, scenario, source, filled, scratch));
    }
    const measures: Measure[] = [];
    const medians = [...costs].map(([tool, all]) => ({
      tool,
      wall: median(all.map(({ wall }) => wall)),
      cpu: median(all.map(({ cpu }) => cpu)),
      mebibytes: Math.max(...all.map((cost) => cost.mebibytes)),
    }));
    for (const { tool, wall, cpu, mebibytes } of medians) {
      const name = `${scenario.name}: ${tool.name}`;
      measures.push({ name: `${name}, wall`, value: wall, unit: 'ms', rounds });
      measures.push({ name: `${name}, processor`, value: cpu, unit: 'ms', rounds });
      measures.push({ name: `${name}, memory`, value: mebibytes, unit: 'MiB', rounds, ...(tool.name === 'tagboat' && { budget: 150 }) });
      const counted = await countedCopy(tool, scenario, source, filled, scratch);
      measures.push({ name: `${name}, requests`, value: counted.requests, unit: 'requests', rounds: 1 });
      measures.push({ name: `${name}, bytes`, value: counted.bytes / mebibyte, unit: 'MiB', rounds: 1 });
    }
    const [ours, ...peers] = medians;
    if (!ours || peers.length === 0) return measures;
    const { wall, cpu }: { wall?: number; cpu?: number } = scenario.budgets;
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
async function timedCopy(
  tool: CopyTool,
  scenario: Scenario,
  source: DockerRegistry,
  filled: DockerRegistry | undefined,
  scratch: string,
): Promise<Cost> {
  const destination = filled ?? (await startDockerRegistry({ kind: 'open' }));
  try {
    return await execute(commandOf(tool, scenario, source.host, destination.host) ?? [], scratch);
  } finally {
    if (destination !== filled) await destination.stop();
  }
}

async function countedCopy(
  tool: CopyTool,
  scenario: Scenario,
  source: DockerRegistry,
  filled: DockerRegistry | undefined,
  scratch: string,
): Promise<{ requests: number; bytes: number }> {
  const destination = filled ?? (await startDockerRegistry({ kind: 'open' }));
  try {
    await using from = await startCountingProxy(source.host);
    await using to = await startCountingProxy(destination.host);
    await execute(commandOf(tool, scenario, from.host, to.host) ?? [], scratch);
    // Each byte of content passes both.
    return { requests: from.requests + to.requests, bytes: from.bytes };
  } finally {
    if (destination !== filled) await destination.stop();
  }
}

function commandOf(tool: CopyTool, { repository, tag }: Scenario, from: string, to: string): string[] | undefined {
  return tool.command({ from, to, source: repository, destination: `copied/${repository.split('/')[1]}`, ...(tag && { tag }) });
}

async function execute(command: readonly string[], scratch: string): Promise<Cost> {
  const begin = performance.now();
  const { stderr } = await run('/usr/bin/time', ['--format', 'cost %U %S %M', ...command], {
    env: { HOME: scratch, XDG_DATA_HOME: scratch, XDG_CACHE_HOME: `${scratch}/cache`, DOCKER_CONFIG: scratch },
    timeout: 300_000,
  });
  const wall = performance.now() - begin;
  const [, user, system, kibibytes] = /cost ([\d.]+) ([\d.]+) (\d+)\s*$/.exec(stderr) ?? [];
  if (kibibytes === undefined) throw new Error(`No figures of ${command.join(' ')}: ${stderr}`);
  return { wall, cpu: (Number(user) + Number(system)) * 1000, mebibytes: Number(kibibytes) / 1024 };
}
