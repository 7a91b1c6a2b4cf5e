import { expect, it } from 'vitest';
import { systemPrincipal } from '../../src/access/index.ts';
import { openQueue } from '../../src/queue/index.ts';
import { MemoryQueue } from '../../src/queue/memory-queue.ts';
import { CredentialWorker } from '../../src/registries/index.ts';
import { buildImage, FakeClock, startRegistry } from '../../src/testing/index.ts';
import { ProviderSet } from '../../src/provider/index.ts';
import { registriesHub } from '../doctor/registries-hub.ts';
import { FakeIssuer } from '../support/credential-bench.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { describeEachStore } from './each-store.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Every statement of the life of credentials, once: they are the same on both databases. */
describeEachStore('the life of a credential', (bench) => {
  it('is kept, renewed, replaced, used, and warned of', async () => {
    const clock = new FakeClock(Date.now());
    await using registry = await startRegistry({ auth: { kind: 'basic', users: { ci: 'none yet' } } });
    registry.put('app', buildImage(), '1.0');
    const issuer = new FakeIssuer(clock, (password) => registry.auth.setPassword('ci', password));
    issuer.keys.add('key-2');
    const { database } = await bench.place();
    await using hub = await registriesHub({
      clock,
      providers: new ProviderSet([issuer.provider]),
      ...(database !== undefined && { database }),
    });
    const { credentials, alerts, uses } = hub.registries;
    const input = { name: 'prod', provider: 'issuing', url: registry.url, signIn: 'key', fields: { key: 'key-1' } };
    const { id } = await hub.registries.create(hub.admin, { ...input, secretEndsAt: new Date(clock.now() + 5 * day).toISOString() });
    await (await hub.registries.open(hub.admin, id, 'read tags')).credential();
    await uses.count(hub.admin, id, 'read tags');
    await uses.count(systemPrincipal, id, 'background check');
    await uses.flush();

    const shown = await credentials.get(hub.admin, id);
    expect(shown).toMatchObject({ credential: { kind: 'basic', username: 'ci', renewable: true, lastUse: { at: expect.any(String) } } });
    expect(shown.uses.map(({ purpose, uses: count }) => `${purpose}: ${count}`).sort()).toEqual(['background check: 1', 'read tags: 2']);
    expect(shown.blastRadius.counts).toEqual({ user: 1, task: 1 });
    await expect.poll(async () => (await alerts.list(hub.admin)).counts.warning).toBe(1);
    await alerts.acknowledge(hub.admin, (await alerts.list(hub.admin)).items[0]?.id ?? '');
    expect(await alerts.counts()).toEqual([{ kind: 'credential-ends', level: 'warning', count: 1 }]);
    expect(await credentials.counts()).toEqual({ total: 1, failing: 0 });

    await clock.advance(7 * hour);
    expect(await credentials.due()).toEqual([id]);
    expect(await credentials.nextDue()).toBeLessThan(clock.now());
    const worker = new CredentialWorker({ credentials, uses, queue: new MemoryQueue({ clock }), clock });
    worker.start();
    await expect.poll(() => issuer.issued).toBe(2);
    await worker.stop();
    expect(await credentials.due()).toEqual([]);

    await credentials.setNext(hub.admin, id, { fields: { key: 'key-2' } });
    await clock.advance(1000);
    for await (const step of credentials.testNext(hub.admin, id, {}, AbortSignal.timeout(10_000))) expect(step.state).not.toBe('failed');
    await credentials.promote(hub.admin, id, {});
    await credentials.rollBack(hub.admin, id);
    await credentials.promote(hub.admin, id, { force: true });
    await clock.advance(100 * day);
    await credentials.sweep();
    expect((await credentials.get(hub.admin, id)).previous).toBeUndefined();
    expect((await hub.registries.list(hub.admin)).map(({ name }) => name)).toEqual(['prod']);
    await hub.registries.remove(hub.admin, id);
    expect((await alerts.list(hub.admin)).items).toEqual([]);
  });

  // An embedded database has one hub.
  if (bench.kind !== 'postgres') return;
  it('is issued and renewed once for two hubs', async () => {
    const clock = new FakeClock(Date.now());
    await using directory = await temporaryDirectory('tagboat-replicas');
    await using registry = await startRegistry({ auth: { kind: 'basic', users: { ci: 'none yet' } } });
    registry.put('app', buildImage(), '1.0');
    const issuer = new FakeIssuer(clock, (password) => registry.auth.setPassword('ci', password));
    const { database = '' } = await bench.place();
    const options = { clock, providers: new ProviderSet([issuer.provider]), database, directory };
    await using one = await registriesHub(options);
    await using other = await registriesHub(options);
    const input = { name: 'prod', provider: 'issuing', url: registry.url, signIn: 'key', fields: { key: 'key-1' } };
    const { id } = await one.registries.create(one.admin, input);
    const passwordAt = async (hub: typeof one) => {
      const credential = await (await hub.registries.open(hub.admin, id, 'read tags')).credential();
      return credential.kind === 'basic' ? credential.password : undefined;
    };
    expect(await passwordAt(one)).toBe('geheim-key-1-1');
    expect(await passwordAt(other)).toBe('geheim-key-1-1');
    await clock.advance(7 * hour);
    const queues = await Promise.all([one, other].map(({ store }) => openQueue({ store, database, clock })));
    const workers = [one, other].map(({ registries: { credentials, uses } }, i) => {
      const queue = queues[i];
      if (!queue) throw new Error('no queue');
      return new CredentialWorker({ credentials, uses, queue, clock });
    });
    for (const worker of workers) worker.start();
    await expect.poll(async () => (await one.registries.credentials.due()).length, { timeout: 10_000 }).toBe(0);
    for (const worker of workers) await worker.stop();
    for (const queue of queues) await queue.close();
    // Each finds the one that is kept when it comes to renew its own.
    await passwordAt(one);
    await passwordAt(other);
    await expect.poll(() => passwordAt(one)).toBe('geheim-key-1-2');
    await expect.poll(() => passwordAt(other)).toBe('geheim-key-1-2');
    expect(issuer.asked).toBe(2);
    // An edit at one is noticed by the other when it next opens the registry.
    issuer.keys.add('key-2');
    await one.registries.update(one.admin, id, { fields: { key: 'key-2' } });
    expect(await passwordAt(other)).toBe('geheim-key-2-3');
    expect(await passwordAt(one)).toBe('geheim-key-2-3');
  });
});
