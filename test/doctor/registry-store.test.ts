import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryStore } from '../../src/registries/store.ts';
import type { DoctorReport } from '../../src/registries/types.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { registriesHub } from './registries-hub.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const report = (state: DoctorReport['state']): DoctorReport => ({
  state,
  startedAt: new Date(0).toISOString(),
  durationMs: 1,
  summary: `it is ${state}`,
  steps: [],
  credential: { kind: 'basic', username: 'ci' },
  quota: { limit: 100, remaining: 7, windowSeconds: 21_600, at: new Date(1000).toISOString() },
  ...(state === 'failing' && { code: 'dns_not_found' }),
});

describe.each(['sqlite', 'postgres'])('registries on %s', (kind) => {
  const start = async () => registriesHub(kind === 'postgres' ? { database: await postgres.createDatabase() } : {});
  const input = (name: string, more = {}) => ({ name, url: `${name}.test`, signIn: 'anonymous', ...more });

  it('are created, filtered, changed, matched and removed', async () => {
    await using hub = await start();
    const { registries, admin } = hub;
    const shop = await hub.project('Shop');
    const member = hub.principal('mia', 'viewer', { [shop]: 'viewer' });
    const stranger = hub.principal('sid', 'viewer');
    await registries.create(admin, input('Alpha'));
    const beta = await registries.create(admin, input('beta', { projects: ['shop'], description: '100% _ours_', default: true }));
    const names = async (...parameters: Parameters<typeof registries.list>) =>
      (await registries.list(...parameters)).map((one) => one.name);
    expect(await names(admin)).toEqual(['Alpha', 'beta']);
    expect(await names(member)).toEqual(['Alpha', 'beta']);
    expect(await names(stranger)).toEqual(['Alpha']);
    expect(await names(hub.principal('tok', 'viewer', { [shop]: 'viewer' }, [beta.id]))).toEqual(['beta']);
    expect(await names(hub.principal('tok', 'viewer', {}, []))).toEqual([]);
    expect(await names(admin, { q: 'ALPH' })).toEqual(['Alpha']);
    expect(await names(admin, { q: '100% _o' })).toEqual(['beta']);
    expect(await names(admin, { q: '%' })).toEqual(['beta']);
    expect(await names(admin, { project: 'SHOP', provider: 'generic', state: 'unknown' })).toEqual(['Alpha', 'beta']);
    expect(await names(admin, { state: 'ok' })).toEqual([]);
    expect(await names(admin, { project: 'nowhere' })).toEqual([]);

    await registries.update(admin, 'beta', { name: 'Gamma', allProjects: true }, 1);
    expect(await registries.get(stranger, 'gamma')).toMatchObject({
      id: beta.id,
      projects: [],
      allProjects: true,
      default: true,
      version: 2,
    });
    expect((await registries.match(stranger, 'beta.test/app'))?.registry.name).toBe('Gamma');
    expect(await registries.remove(admin, 'gamma', 2)).toMatchObject({ nextDefault: { name: 'Alpha' } });
    expect(await names(admin)).toEqual(['Alpha']);
  });

  it('hold one default and one name, however many edit at once', async () => {
    await using hub = await start();
    const made = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => hub.registries.create(hub.admin, input(i % 2 ? 'same' : `r${i}`, { default: true }))),
    );
    expect(made.filter(({ status }) => status === 'fulfilled').length).toBe(5);
    for (const failed of made) if (failed.status === 'rejected') expect(failed.reason).toMatchObject({ code: 'already_exists' });
    const all = await hub.registries.list(hub.admin);
    expect(all.filter((one) => one.default).length).toBe(1);
    await Promise.all(all.map((one) => hub.registries.setDefault(hub.admin, one.id)));
    expect((await hub.registries.list(hub.admin)).filter((one) => one.default).length).toBe(1);
    const edits = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) =>
        hub.registries.update(hub.admin, 'same', { description: `${i}` }, all.find((one) => one.name === 'same')?.version),
      ),
    );
    expect(edits.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  });

  it('keep their checks, and know which is due', async () => {
    await using hub = await start();
    const { id } = await hub.registries.create(hub.admin, input('a'));
    const other = await hub.registries.create(hub.admin, input('b'));
    const rows = new RegistryStore(hub.store);
    expect(await rows.due(1000, 10)).toEqual([id, other.id].sort());
    expect(await rows.nextDue()).toBe(0);
    const save = (registryId: string, state: DoctorReport['state'], checkedAt: number, nextAt: number) =>
      rows.saveCheck({ registryId, state, checkedAt, nextAt, report: report(state) });
    await save(id, 'failing', 1000, 5000);
    await save(id, 'failing', 2000, 6000);
    await save(other.id, 'ok', 2000, 7000);
    expect(await hub.registries.get(hub.admin, 'a')).toMatchObject({
      check: { state: 'failing', since: 1000, checkedAt: 2000, nextAt: 6000, summary: 'it is failing', code: 'dns_not_found' },
      credential: { kind: 'basic', username: 'ci' },
      quota: { limit: 100, remaining: 7, window: 21_600, at: 1000 },
    });
    expect(await hub.registries.lastReport(hub.admin, 'a')).toEqual(report('failing'));
    expect(await rows.due(6500, 10)).toEqual([id]);
    expect(await rows.nextDue()).toBe(6000);
    expect(await rows.claimCheck(id, 6500, 9000)).toBe(true);
    expect(await rows.claimCheck(id, 6500, 9000)).toBe(false);
    await save(id, 'ok', 7000, 8000);
    expect((await hub.registries.get(hub.admin, 'a')).check).toMatchObject({ state: 'ok', since: 7000 });
    expect(await save('reg_gone', 'ok', 1, 2)).toBe(false);
    await hub.registries.update(hub.admin, 'b', { description: 'x' });
    expect(await rows.due(hub.clock.now(), 10)).toContain(other.id);
  });
});
