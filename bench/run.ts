// npm run bench [-- <suite> … [--json] [--rounds=<number>] [--memory]]: runs the suites below bench/, prints tables, and with --json
// one JSON document. --memory adds what takes minutes and gigabytes of disk.
import { readdirSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { BenchOptions, Suite } from './suite.ts';
import { renderTable } from './suite.ts';

const here = new URL('.', import.meta.url);
const available = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'results')
  .map((entry) => entry.name);

const args = process.argv.slice(2);
const json = args.includes('--json');
const rounds = Number(args.find((argument) => argument.startsWith('--rounds='))?.slice('--rounds='.length) ?? Number.NaN);
const options: BenchOptions = { memory: args.includes('--memory'), ...(rounds > 0 && { rounds }) };
const names = args.filter((argument) => !argument.startsWith('--'));
const unknown = names.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No such suite: ${unknown.join(', ')}. There are: ${available.join(', ')}.\n`);
  process.exit(2);
}

const results: Record<string, unknown> = {};
const programs: Record<string, string> = {};
// What others do at the same time makes everything slower, and ratios less certain.
const load = loadavg()[0] ?? 0;
for (const name of names.length > 0 ? names : available) {
  const { suite } = (await import(new URL(`${name}/suite.ts`, here).href)) as { suite: Suite };
  Object.assign(programs, await suite.programs?.());
  const measures = await suite.run(options);
  results[name] = measures;
  if (!json) process.stdout.write(`\n${suite.title}\n\n${renderTable(measures)}\n`);
}
if (json) {
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load,
    node: process.version,
    platform: process.platform,
  };
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), machine, programs, results }, null, 2)}\n`);
}
