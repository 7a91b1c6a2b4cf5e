import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../../test/support/certificates.ts';
import { credentialBench } from '../../../test/support/credential-bench.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import { RegistryChecker } from '../checker.ts';

const day = 24 * 3_600_000;
const jwt = (exp: number) =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.c2ln`;
const iso = (at: number) => new Date(at).toISOString();

describe('alerts', () => {
  it('are raised once a level, by people’s dates, until the cause is gone', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { alerts, credentials } = hub.registries;
    const changes: string[] = [];
    hub.events.on('alert.changed', ({ id }) => void changes.push(id));
    const endsAt = bench.clock.now() + 40 * day;
    const { id } = await bench.connect(hub, { secretEndsAt: iso(endsAt) });
    hub.registries.addReferenceSource(async () => [{ kind: 'watch', id: 'wat_1', name: 'app' }]);
    await bench.read(hub, 'pull');
    const levels: (string | undefined)[] = ['nothing yet'];
    for (let i = 0; i < 43; i++) {
      await credentials.sweep();
      const [alert] = (await alerts.list(hub.admin)).items;
      const shown = alert && `${alert.level} ${alert.code}`;
      if (levels.at(-1) !== shown) levels.push(shown);
      await bench.clock.advance(day);
    }
    expect(levels.slice(1)).toEqual([
      undefined,
      'notice secret_ends',
      'warning secret_ends',
      'critical secret_ends',
      'critical secret_ended',
    ]);
    const raised = (await hub.audit.list({ action: 'alert.raise' })).items;
    expect(raised.map(({ outcome }) => outcome)).toEqual(['secret_ended', 'secret_ends', 'secret_ends', 'secret_ends']);
    expect(raised[3]).toMatchObject({ actor: { kind: 'system' }, target: { kind: 'registry', id, name: 'prod' } });
    expect(raised[3]?.detail).toContain(
      `Notice: Stored secret of “prod” ends on ${iso(endsAt).slice(0, 10)}. 1 user and 1 watch depend on it.`,
    );
    expect(raised[3]?.detail).toContain('next credential');
    expect(changes).toEqual([id, id, id, id]);

    await hub.registries.update(hub.admin, 'prod', { secretEndsAt: null });
    await expect.poll(async () => (await alerts.list(hub.admin)).items).toEqual([]);
    expect((await hub.audit.list({ action: 'alert.clear' })).items).toHaveLength(1);
  });

  it('come of what the vendor says, of tokens that tell their end, and of certificates', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    const now = bench.clock.now();
    const authority = await createAuthority();
    const { cert, key } = await authority.issue({ days: 5, usage: 'client' });
    bench.issuer.ends = { key: now + 20 * day };
    const { id } = await bench.connect(hub);
    await credentials.lookAfter(id, { ask: true });
    expect((await credentials.get(hub.admin, id)).ends).toEqual([
      { field: 'key', label: 'Access key', at: iso(now + 20 * day), from: 'provider' },
    ]);
    // Between two questions what was said counts.
    await credentials.lookAfter(id, { ask: false });
    expect((await hub.registries.alerts.list(hub.admin)).items).toMatchObject([{ subject: 'key', level: 'notice' }]);

    bench.issuer.ends = {};
    const exp = Math.floor((now + 3 * day) / 1000);
    await hub.registries.update(hub.admin, id, {
      url: 'https://localhost:1',
      signIn: 'token',
      fields: { token: jwt(exp) },
      connection: { tls: 'ca', ca: authority.cert, clientCertificate: { cert, key } },
    });
    await credentials.lookAfter(id, { ask: true });
    const { ends } = await credentials.get(hub.admin, id);
    expect(ends.map(({ field, from }) => [field, from])).toEqual([
      ['token', 'token'],
      ['connection.clientCertificate', 'certificate'],
      ['connection.ca', 'certificate'],
    ]);
    expect(ends[0]?.at).toBe(iso(exp * 1000));
    expect((await hub.registries.alerts.list(hub.admin)).items.map(({ kind, level }) => [kind, level])).toEqual([
      ['credential-ends', 'warning'],
      ['certificate-ends', 'warning'],
    ]);
    expect((await hub.registries.get(hub.admin, id)).credential?.ends ?? ends).toEqual(ends);
  });

  it('come of the background check too, which asks the vendor', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    bench.issuer.ends = { key: bench.clock.now() + day / 2 };
    await bench.connect(hub);
    const checker = new RegistryChecker({ registries: hub.registries, store: hub.store, events: hub.events, clock: bench.clock });
    checker.start();
    await expect
      .poll(async () => (await hub.registries.alerts.list(hub.admin)).items, { timeout: 10_000 })
      .toMatchObject([{ subject: 'key', level: 'critical', code: 'secret_ends' }]);
    await checker.stop();
    const { uses } = await hub.registries.credentials.get(hub.admin, 'prod');
    expect(uses).toMatchObject([{ by: { kind: 'system' }, purpose: 'background check' }]);
  });

  it('are seen by who sees the registry, and acknowledged by who may look after it', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { alerts } = hub.registries;
    const project = await hub.project('shop');
    await bench.connect(hub, { secretEndsAt: iso(bench.clock.now() + 2 * day), projects: [project] });
    await expect.poll(async () => (await alerts.list(hub.admin)).items.length).toBe(1);
    const stranger = hub.principal('sam', 'operator');
    const member = hub.principal('mia', 'viewer', { [project]: 'viewer' });
    const operator = hub.principal('otto', 'viewer', { [project]: 'operator' });
    expect(await alerts.list(stranger)).toEqual({ items: [], counts: { open: 0, notice: 0, warning: 0, critical: 0 } });
    expect((await alerts.list(member)).counts).toEqual({ open: 1, notice: 0, warning: 1, critical: 0 });
    const [alert] = (await alerts.list(member)).items;
    const id = alert?.id ?? '';
    await expect(alerts.acknowledge(stranger, id)).rejects.toBeInstanceOf(NotFound);
    await expect(alerts.acknowledge(member, id)).rejects.toBeInstanceOf(Forbidden);
    expect(await alerts.acknowledge(operator, id)).toMatchObject({ acknowledgedBy: 'otto', acknowledgedAt: bench.clock.now() });
    expect(await alerts.acknowledge(hub.admin, id)).toMatchObject({ acknowledgedBy: 'otto' });
    expect((await alerts.list(member)).counts.open).toBe(0);
    expect((await alerts.list(member, { acknowledged: false })).items).toEqual([]);
    expect((await alerts.list(member, { level: 'critical' })).items).toEqual([]);
    expect((await alerts.list(member, { level: 'notice', registry: 'prod' })).items).toHaveLength(1);
    expect((await hub.audit.list({ action: 'alert.acknowledge' })).items).toMatchObject([{ actor: { name: 'otto' } }]);

    // It got worse: that is news again.
    await bench.clock.advance(1.5 * day);
    await hub.registries.credentials.sweep();
    expect((await alerts.list(member)).items).toMatchObject([{ id, level: 'critical' }]);
    expect((await alerts.list(member)).counts.open).toBe(1);
    expect(await alerts.counts()).toEqual([{ kind: 'credential-ends', level: 'critical', count: 1 }]);
  });

  it('go with the registry', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub, { secretEndsAt: iso(bench.clock.now() + day) });
    await expect.poll(async () => (await hub.registries.alerts.list(hub.admin)).items.length).toBe(1);
    await hub.registries.remove(hub.admin, 'prod');
    expect((await hub.registries.alerts.list(hub.admin)).items).toEqual([]);
  });
});
