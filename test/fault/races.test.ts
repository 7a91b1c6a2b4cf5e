import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError, type DoctorStep } from '../../src/sdk/index.ts';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type FaultHub, password, problemOf, startFaultHub } from './fault-hub.ts';
import { json, startHostile } from './hostile.ts';

let hub: FaultHub;
let registry: TestRegistry;

beforeAll(async () => {
  [hub, registry] = await Promise.all([startFaultHub(), startRegistry({ auth: { kind: 'basic', users: { ci: password } } })]);
  registry.put('team/app', buildImage(), '1.0');
  await hub.connect(registry.url, { name: 'first' });
});
afterAll(async () => {
  await hub.close();
  await registry.close();
});

/** What a call comes to: its value, or the code it fails with. */
const outcome = <T>(call: Promise<T>): Promise<T | string> =>
  call.catch((error: unknown) => (error instanceof ApiError ? error.code : Promise.reject(error)));

/** A promise and its key. */
function gate(): { opened: Promise<void>; open: () => void } {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  return { opened, open };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 5000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (Date.now() > deadline) throw new Error('It did not come to that.');
  }
}

describe('at the same time', () => {
  it('50 registries of one name are created: one is, in whatever case', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => outcome(hub.connect(registry.url, { name: i % 2 ? 'same' : 'SAME', description: String(i) }))),
    );
    const made = results.filter((one) => typeof one === 'object');
    expect(made).toHaveLength(1);
    expect(results.filter((one) => one === 'already_exists')).toHaveLength(49);
    expect((await hub.api.listRegistries()).items.filter((one) => one.name.toLowerCase() === 'same')).toHaveLength(1);
    const { items } = await hub.api.listAudit({ action: 'registry.create', limit: 1000 });
    expect(items.filter((entry) => entry.target?.name?.toLowerCase() === 'same' && entry.outcome !== 'failed')).toHaveLength(1);
  });

  it('20 edits are based on one version: one wins, the others are told', async () => {
    const { id, version } = await hub.connect(registry.url, { name: 'edited' });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        outcome(hub.api.updateRegistry(id, { description: `by ${i}`, namespace: `team-${i}` }, { ifMatch: version })),
      ),
    );
    const won = results.filter((one) => typeof one === 'object');
    expect(won).toHaveLength(1);
    expect(results.filter((one) => one === 'precondition_failed')).toHaveLength(19);
    const now = await hub.api.getRegistry(id);
    expect(now).toMatchObject({ description: won[0]?.description, namespace: won[0]?.namespace, version: version + 1 });
    const stale = await hub.raw(`/api/v1/registries/${id}`, { method: 'DELETE', headers: { 'if-match': `"${version}"` } });
    expect(stale.problem).toMatchObject({ status: 412, code: 'precondition_failed', fault: 'caller' });
  });

  it('edits of different members without a version both hold', async () => {
    const { id } = await hub.connect(registry.url, { name: 'merged' });
    const results = await Promise.all([
      outcome(hub.api.updateRegistry(id, { description: 'new' })),
      outcome(hub.api.updateRegistry(id, { namespace: 'team' })),
    ]);
    expect(results.every((one) => typeof one === 'object')).toBe(true);
    expect(await hub.api.getRegistry(id)).toMatchObject({ description: 'new', namespace: 'team', secretsSet: ['password'] });
  });

  it('10 deletions: one removes it, the others find nothing', async () => {
    const { id } = await hub.connect(registry.url, { name: 'gone' });
    const results = await Promise.all(Array.from({ length: 10 }, () => outcome(hub.api.deleteRegistry(id))));
    expect(results.filter((one) => one === undefined)).toHaveLength(1);
    expect(results.filter((one) => one === 'not_found' || one === 'conflict')).toHaveLength(9);
  });

  it('every registry becomes the default: one is', async () => {
    const { items } = await hub.api.listRegistries();
    await Promise.all(items.map((one) => hub.api.setDefaultRegistry(one.id)));
    expect((await hub.api.listRegistries()).items.filter((one) => one.default)).toHaveLength(1);
  });
});

describe('a name', () => {
  it('can be used again, and nothing of the old registry is left', async () => {
    const before = await hub.connect(registry.url, { name: 'reused' });
    expect((await hub.api.listRepositories('reused')).items).toHaveLength(1);
    await hub.api.deleteRegistry(before.id);
    expect(await problemOf(hub.api.getRegistry(before.id))).toMatchObject({ code: 'not_found', fault: 'caller' });

    await using other = await startHostile();
    other.on(/_catalog/, json({ repositories: ['other/thing'] }));
    const after = await hub.connect(other.url, { name: 'REUSED', signIn: 'anonymous' });
    expect(after).toMatchObject({ secretsSet: [], version: 1 });
    expect(after.id).not.toBe(before.id);
    expect((await hub.api.listRepositories('reused')).items.map((one) => one.name)).toEqual(['other/thing']);
    expect(other.received.every((one) => one.headers.authorization === undefined)).toBe(true);
    await hub.api.deleteRegistry(after.id);
  });
});

describe('while a test is running', () => {
  it('the registry is removed: the report comes, and nothing is left of it', async () => {
    const { opened, open } = gate();
    await using server = await startHostile();
    server.on('/v2/', (response, request) => void opened.then(() => json({})(response, request)));
    server.on(/_catalog/, json({ repositories: [] }));
    const { id } = await hub.connect(server.url, { name: 'tested', signIn: 'anonymous' });
    const report = outcome(hub.api.testRegistryReport(id));
    await until(() => server.received.length > 0);
    await hub.api.deleteRegistry(id);
    open();
    const found = await report;
    expect(typeof found === 'object' ? found.state : found).toMatch(/^(ok|degraded|not_found|conflict)$/);
    expect(await problemOf(hub.api.getRegistryCheck(id))).toMatchObject({ code: 'not_found' });
  });

  it('the registry is edited: the edit holds, and the old report says nothing of the new address', async () => {
    const { opened, open } = gate();
    await using old = await startHostile();
    old.on('/v2/', (response, request) => void opened.then(() => json({}, 500)(response, request)));
    const { id } = await hub.connect(old.url, { name: 'moving' });
    const report = outcome(hub.api.testRegistryReport(id));
    await until(() => old.received.length > 0);
    const edited = await hub.api.updateRegistry(id, { url: registry.url, fields: { username: 'ci', password } });
    open();
    await report;
    const now = await hub.api.getRegistry(id);
    expect(now).toMatchObject({ url: registry.url, version: edited.version });
    expect(now.state.state, 'of an address that was never tested').not.toBe('failing');
    expect((await hub.api.listTags(id, 'team/app')).items).toHaveLength(1);
    expect((await hub.api.testRegistryReport(id)).state).toBe('ok');
  });

  it('a list is under way when the registry is edited: the answer of the old address is not kept', async () => {
    const { opened, open } = gate();
    await using old = await startHostile();
    old.on(/_catalog/, (response, request) => void opened.then(() => json({ repositories: ['old/one'] })(response, request)));
    const { id } = await hub.connect(old.url, { name: 'listed' });
    const listed = outcome(hub.api.listRepositories(id));
    await until(() => old.received.some((one) => one.path.includes('_catalog')));
    await hub.api.updateRegistry(id, { url: registry.url, fields: { username: 'ci', password } });
    open();
    await listed;
    let names: string[] = [];
    await until(async () => {
      names = (await hub.api.listRepositories(id)).items.map((one) => one.name);
      return names.includes('team/app');
    });
    expect(names).toEqual(['team/app']);
  });

  it('the caller goes away: the work for nobody stops, and the hub goes on', async () => {
    await using server = await startHostile();
    let ended = 0;
    server.on('/v2/', (response) => void response.on('close', () => ended++));
    const abort = new AbortController();
    const steps: DoctorStep[] = [];
    const stream = async () => {
      for await (const { event, data } of hub.api.testNewRegistry(
        { registry: { name: 'x', provider: 'generic', url: server.url, connection: { tls: 'plain' }, signIn: 'anonymous' } },
        { signal: abort.signal },
      ))
        if (event === 'step') steps.push(data);
    };
    const running = stream().catch((error: unknown) => error);
    await until(() => server.received.length > 0);
    abort.abort();
    await running;
    await until(() => ended > 0);
    expect(steps.length).toBeGreaterThan(0);
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
    await hub.expectNoSecret(steps);
  });

  it('a hundred listeners to events come and go, and none holds up the others', async () => {
    const aborts = Array.from({ length: 100 }, () => new AbortController());
    const heard: unknown[] = [];
    const listeners = aborts.map(async (abort, i) => {
      try {
        for await (const { data } of hub.api.watchEvents({ signal: abort.signal })) if (i === 99) heard.push(data);
      } catch (error) {
        if (!abort.signal.aborted) throw error;
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const abort of aborts.slice(0, 99)) abort.abort();
    await hub.api.updateRegistry('first', { description: 'heard' });
    await until(() => heard.length > 0);
    expect(heard).toHaveLength(1);
    aborts[99]?.abort();
    await Promise.all(listeners);
    await hub.expectNoSecret(heard);
  });
});

it('a hub that closes while a list is under way gives it up, keeping nothing of it', async () => {
  const own = await startFaultHub();
  await using server = await startHostile();
  server.on(/tags/, json({ tags: ['1.0'] }, 200, { link: '</v2/app/tags/list?last=1.0>; rel="next"' }));
  server.on(/last=1\.0/, () => {});
  const { name } = await own.connect(server.url);
  const pending = outcome(own.api.listTags(name, 'app'));
  await until(() => server.received.some((one) => one.path.includes('last=1.0')));
  const started = Date.now();
  await own.running.hub.close();
  expect(Date.now() - started).toBeLessThan(2000);
  expect(await pending).toBe('canceled');
  await own.close();
});
