import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { credentialBench } from '../../../test/support/credential-bench.ts';
import { systemPrincipal } from '../../access/index.ts';
import { HubEvents } from '../../core/events.ts';
import { CredentialBroker } from '../../credentials/index.ts';
import { MemoryQueue } from '../../queue/memory-queue.ts';
import type { Store } from '../../store/index.ts';
import { Registries } from '../registries.ts';
import { CredentialWorker } from './worker.ts';

const minute = 60_000;
const hour = 60 * minute;
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

async function stateRow(hub: { store: Store }) {
  return hub.store.db.selectFrom('credential_states').selectAll().executeTakeFirst();
}

describe('the credential of a registry', () => {
  it('shows how it is: kind, times, and who used it last', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub, 'read tags');
    const { credential } = await hub.registries.get(hub.admin, 'prod');
    const now = bench.clock.now();
    const iso = (at: number) => new Date(at).toISOString();
    expect(credential).toMatchObject({
      kind: 'basic',
      username: 'ci',
      issuedAt: iso(now),
      refreshedAt: iso(now),
      expiresAt: iso(now + 12 * hour),
      renewable: true,
      lastUse: { by: 'ana', purpose: 'read tags', at: iso(now) },
    });
    const refreshAt = Date.parse(credential?.refreshAt ?? '') - now;
    expect(refreshAt).toBeGreaterThan(5.3 * hour);
    expect(refreshAt).toBeLessThan(6.7 * hour);
  });

  it('is issued once for 100 who demand it at once, and not at all after a restart', async () => {
    await using bench = await credentialBench();
    {
      await using hub = await bench.start();
      await bench.connect(hub);
      const all = await Promise.all(Array.from({ length: 100 }, () => bench.read(hub)));
      expect(new Set(all)).toEqual(new Set(['geheim-key-1-1']));
      expect(bench.issuer.asked).toBe(1);
    }
    await bench.clock.advance(hour);
    await using hub = await bench.start();
    expect(await bench.read(hub)).toBe('geheim-key-1-1');
    expect(bench.issuer.asked).toBe(1);
    const bytes = await Promise.all(
      ['tagboat.db', 'tagboat.db-wal'].map((file) => readFile(join(bench.directory.path, file), 'latin1').catch(() => '')),
    );
    expect(bytes.join('')).not.toContain('geheim');
    expect((await stateRow(hub))?.issued).toMatch(/^v1\./);
  });

  it('is served while its issuer is down at the time of its refresh, with an alert that goes when it is back', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    const worker = new CredentialWorker({
      credentials: hub.registries.credentials,
      uses: hub.registries.uses,
      queue: new MemoryQueue({ clock: bench.clock }),
      clock: bench.clock,
      onFailure: (error) => expect.unreachable(String(error)),
    });
    worker.start();
    await settle();
    bench.issuer.isDown = true;
    await bench.clock.advance(7 * hour);
    for (let second = 0; second < 600; second += 20) {
      expect(await bench.read(hub)).toBe('geheim-key-1-1');
      await settle();
      await bench.clock.advance(20_000);
    }
    const { items } = await hub.registries.alerts.list(hub.admin);
    expect(items).toMatchObject([{ kind: 'refresh-failed', level: 'warning', code: 'connection_refused' }]);
    expect(items[0]?.message).toMatch(
      /^The credential of “prod” could not be renewed since .*: The issuer is down\. The one in use is valid until/,
    );
    expect((await hub.registries.get(hub.admin, 'prod')).credential?.failure).toMatchObject({ code: 'connection_refused' });

    bench.issuer.isDown = false;
    for (let i = 0; i < 10; i++) {
      await bench.clock.advance(15_000);
      await settle();
    }
    expect(bench.issuer.issued).toBe(2);
    expect((await hub.registries.alerts.list(hub.admin)).items).toEqual([]);
    expect((await hub.registries.get(hub.admin, 'prod')).credential?.failure).toBeUndefined();
    const audit = (await hub.audit.list({ action: 'alert' })).items.map(({ action, outcome }) => [action, outcome]);
    expect(audit).toEqual([
      ['alert.clear', 'ok'],
      ['alert.raise', 'connection_refused'],
    ]);
    await worker.stop();
  });

  it('is renewed ahead without anybody asking, while something uses the registry', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    const queue = new MemoryQueue({ clock: bench.clock });
    const options = { credentials: hub.registries.credentials, uses: hub.registries.uses, queue, clock: bench.clock };
    /** Time passes, and then two hubs look whether something is due. */
    const after = async (time: number) => {
      await bench.clock.advance(time);
      const workers = [new CredentialWorker(options), new CredentialWorker(options)];
      for (const worker of workers) worker.start();
      await settle();
      for (const worker of workers) await worker.stop();
    };
    for (let hours = 0; hours < 48; hours += 2) await after(2 * hour);
    // Every six hours or so in two days, once for both.
    expect(bench.issuer.issued).toBeGreaterThanOrEqual(6);
    expect(bench.issuer.issued).toBeLessThanOrEqual(9);
    const { credential } = await hub.registries.get(hub.admin, 'prod');
    expect(Date.parse(credential?.expiresAt ?? '')).toBeGreaterThan(bench.clock.now());
    // Used by nobody but the hub's own checks for a week: its issuer is left alone.
    await after(6 * 24 * hour);
    const { issued } = bench.issuer;
    await hub.registries.uses.count(systemPrincipal, (await hub.registries.get(hub.admin, 'prod')).id, 'background check');
    for (let hours = 0; hours < 48; hours += 12) await after(12 * hour);
    expect(bench.issuer.issued).toBe(issued);
    // Used again: it is looked after again.
    await bench.read(hub);
    await after(7 * hour);
    expect(bench.issuer.issued).toBe(issued + 2);
  });

  it('is dropped at once when its settings are edited, and a new one comes from the new ones', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    expect(await bench.read(hub)).toBe('geheim-key-1-1');
    bench.issuer.keys.add('key-2');
    await hub.registries.update(hub.admin, 'prod', { fields: { key: 'key-2' } });
    expect((await stateRow(hub))?.issued ?? undefined).toBeUndefined();
    expect(await bench.read(hub)).toBe('geheim-key-2-2');
  });

  it('survives an edit that changes nothing of it', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    await hub.registries.update(hub.admin, 'prod', { description: 'ours' });
    await bench.read(hub);
    expect(bench.issuer.issued).toBe(1);
  });

  it('that arrives after an edit is neither used nor kept', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    bench.issuer.keys.add('key-2');
    const gate = Promise.withResolvers<void>();
    bench.issuer.gate = gate.promise;
    const refreshing = hub.registries.credentials.refresh(hub.admin, 'prod');
    while (bench.issuer.asked < 2) await settle();
    await hub.registries.update(hub.admin, 'prod', { fields: { key: 'key-2' } });
    gate.resolve();
    await expect(refreshing).rejects.toMatchObject({ code: 'canceled' });
    await settle();
    expect((await stateRow(hub))?.issued ?? undefined).toBeUndefined();
    expect(await bench.read(hub)).toMatch(/^geheim-key-2-/);
  });

  it('is not kept by another hub that an edit overtook', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { id } = await bench.connect(hub);
    // The other hub opened the registry before the edit, and heard nothing of it.
    const deaf = new Registries({
      store: hub.store,
      keyring: hub.keyring,
      broker: new CredentialBroker({ clock: bench.clock }),
      audit: hub.audit,
      providers: hub.providers,
      events: new HubEvents(),
      clock: bench.clock,
    });
    const open = await deaf.open(hub.admin, id, 'race');
    bench.issuer.keys.add('key-2');
    await hub.registries.update(hub.admin, 'prod', { fields: { key: 'key-2' } });
    await open.credential();
    expect((await stateRow(hub))?.issued ?? undefined).toBeUndefined();
    expect(await bench.read(hub)).toMatch(/^geheim-key-2-/);
    await deaf.close();
  });

  it('of a key that was changed at the issuer says so, while the one in use is served', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    bench.issuer.keys.delete('key-1');
    await expect(hub.registries.credentials.refresh(hub.admin, 'prod')).rejects.toMatchObject({ code: 'credential_refused' });
    expect(await bench.read(hub)).toBe('geheim-key-1-1');
    const detail = await hub.registries.credentials.get(hub.admin, 'prod');
    expect(detail.failure).toMatchObject({ code: 'credential_refused', message: 'The access key was refused.' });
    expect(detail.alerts).toMatchObject([{ kind: 'refresh-failed', level: 'warning' }]);
    // Nearly ended: it is urgent now.
    await bench.clock.advance(10 * hour);
    await expect(hub.registries.credentials.refresh(hub.admin, 'prod')).rejects.toMatchObject({ code: 'credential_refused' });
    expect((await hub.registries.alerts.list(hub.admin)).items).toMatchObject([{ level: 'critical' }]);
    expect((await hub.audit.list({ action: 'alert.raise' })).items).toHaveLength(2);
    await bench.clock.advance(3 * hour);
    await expect(bench.read(hub)).rejects.toMatchObject({ code: 'credential_refused' });
    bench.issuer.keys.add('key-1');
    await hub.registries.credentials.refresh(hub.admin, 'prod');
    expect((await hub.registries.alerts.list(hub.admin)).items).toEqual([]);
  });

  it('is renewed once when the registry refuses it before its time', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    bench.accept('another');
    await Promise.all(Array.from({ length: 20 }, () => bench.read(hub)));
    expect(bench.issuer.issued).toBe(2);
  });

  it('is neither kept nor lost to what can be opened when the master key is gone', async () => {
    await using bench = await credentialBench();
    {
      await using hub = await bench.start();
      await bench.connect(hub);
      await bench.read(hub);
    }
    await rm(join(bench.directory.path, 'master.key'));
    await using hub = await bench.start();
    expect(hub.keyring.state).toBe('lost');
    await expect(bench.read(hub)).rejects.toMatchObject({ code: 'unseal_failed' });
    await hub.keyring.acceptLoss();
    await hub.registries.update(hub.admin, 'prod', { fields: { key: 'key-1' } });
    expect(await bench.read(hub)).toBe('geheim-key-1-2');
  });
});

describe('two edits at once', () => {
  it('both stand, and the credential is of what came out', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    bench.issuer.keys.add('key-2');
    await Promise.all([
      hub.registries.update(hub.admin, 'prod', { fields: { key: 'key-2' } }),
      hub.registries.update(hub.admin, 'prod', { credentialExpirySeconds: 3600 }),
      bench.read(hub).catch(() => {}),
    ]);
    expect(await bench.read(hub)).toMatch(/^geheim-key-2-/);
    const { credential, credentialExpiry } = await hub.registries.get(hub.admin, 'prod');
    expect(credentialExpiry).toBe(hour);
    expect(Date.parse(credential?.expiresAt ?? '')).toBe(bench.clock.now() + hour);
  });
});
