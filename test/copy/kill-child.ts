// A hub without its API, for kills.test.ts, which ends it at any moment. It makes two copies and runs one rule whenever it is told to begin.
// Usage: fork('kill-child.ts', [<data folder>, <URL of the source>, <URL of the destination>])
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemPrincipal } from '../../src/access/index.ts';
import { hubConfig } from '../../src/config.ts';
import { createHub } from '../../src/hub.ts';
import { ProviderSet } from '../../src/provider/index.ts';
import { provider } from '../../src/providers/generic.ts';

/** What the test says. */
export type ToChild = { kind: 'go' } | { kind: 'begin'; lap: number };
/** What the child says. `idle`: nothing waits and nothing runs. */
export type FromChild =
  | { kind: 'loaded' | 'open' }
  | { kind: 'begun'; lap: number }
  | { kind: 'idle'; failures: string[] }
  | { kind: 'warning'; message: string };

/** Bytes a second of each copy: what makes a copy of half a megabyte last long enough to be killed in. */
const bandwidth = 700_000;
const rule = 'kills';
const [dataDir = '', from = '', to = ''] = process.argv.slice(2);

// Nobody may be there any more to hear it.
const say = (message: FromChild): void => void process.send?.(message, () => {});
const told: ToChild[] = [];
process.on('message', (message: ToChild) => told.push(message));
// The test has ended.
process.once('disconnect', () => process.exit(0));

// Node writes it at the end of a process, which this one will not live to see.
flushCompileCache();
say({ kind: 'loaded' });
while (told.shift()?.kind !== 'go') await once(process, 'message');

const warn = (message: string, error?: unknown) => say({ kind: 'warning', message: `${message} ${String(error)}` });
const hub = await createHub(hubConfig({ dataDir, backgroundChecks: false }), '0.0.0', { warn, providers: new ProviderSet([provider]) });
const { registries, copies, syncRules } = hub.services;
const known = new Set((await registries.list(systemPrincipal)).map(({ name }) => name));
for (const [name, url] of Object.entries({ from, to })) {
  if (!known.has(name)) await registries.create(systemPrincipal, { name, url, provider: 'generic', connection: { tls: 'plain' } });
}
if ((await syncRules.list(systemPrincipal)).length === 0) {
  const spec = {
    source: { registry: 'from', repositories: ['sync/*'] },
    destination: { registry: 'to', repository: 'mirror/{repository}' },
    settings: { bandwidth },
  };
  await syncRules.create(systemPrincipal, { name: rule, spec });
}
hub.start();
say({ kind: 'open' });

let isIdle = false;
for (;;) {
  const next = told.shift();
  if (next?.kind === 'begin') {
    for (const name of ['a', 'b']) {
      const destinations = [{ registry: 'to', repository: `copied/${name}`, tags: ['1', 'stable'] }];
      const source = { registry: 'from', repository: `shop/${name}`, reference: '1' };
      await copies.start(systemPrincipal, { source, destinations, settings: { bandwidth } });
    }
    await syncRules.run(systemPrincipal, rule, 'run', { unseen: true });
    isIdle = false;
    say({ kind: 'begun', lap: next.lap });
  }
  const open = await copies.list(systemPrincipal, { state: 'open', limit: 1 });
  const [run] = (await syncRules.runs(systemPrincipal, rule, { limit: 1 })).items;
  const idle = open.items.length === 0 && (run === undefined || run.finishedAt !== undefined);
  if (idle && !isIdle) {
    const { items } = await copies.list(systemPrincipal, { state: 'failed', limit: 10 });
    const failures = [...items, ...(run ? [run] : [])].flatMap(({ failure }) => (failure ? [failure.message] : []));
    if (run?.counts && run.counts.failed > 0) failures.push(`The rule failed with ${run.counts.failed} tags.`);
    say({ kind: 'idle', failures });
  }
  isIdle = idle;
  await sleep(20);
}
