// npm run bench [-- <suite> …]: runs the suites below bench/, prints tables, and with --json prints one JSON document.
import { readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Suite } from './suite.ts';
import { renderTable } from './suite.ts';

const here = new URL('.', import.meta.url);
const available = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'results')
  .map((entry) => entry.name);

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((argument) => !argument.startsWith('--'));
const unknown = names.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No such suite: ${unknown.join(', ')}. There are: ${available.join(', ')}.\n`);
  process.exit(2);
}

const results: Record<string, unknown> = {};
for (const name of names.length > 0 ? names : available) {
  const { suite } = (await import(new URL(`${name}/suite.ts`, here).href)) as { suite: Suite };
  const measures = await suite.run();
  results[name] = measures;
  if (!json) process.stdout.write(`\n${suite.title}\n\n${renderTable(measures)}\n`);
}
if (json) {
  const machine = { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version, platform: process.platform };
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`);
}
