import { describe, expect, it, vi } from 'vitest';
import { credentialBench } from '../../../test/support/credential-bench.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

describe('uses of a credential', () => {
  it('are counted by who and for what, and written once a minute at most', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { id } = await bench.connect(hub);
    const registry = await hub.registries.get(hub.admin, id);
    const otto = hub.principal('otto', 'operator');
    const rows = () => hub.store.db.selectFrom('credential_uses').selectAll().orderBy('purpose').execute();
    for (let i = 0; i < 30; i++) {
      await hub.registries.recordUse(otto, registry, 'docker credential helper');
      await bench.clock.advance(1000);
    }
    expect(await rows()).toMatchObject([{ actor_name: 'otto', purpose: 'docker credential helper', uses: 1 }]);
    await bench.clock.advance(minute);
    await hub.registries.recordUse(otto, registry, 'docker credential helper');
    await hub.registries.uses.count(hub.admin, id, 'kubelet');
    expect((await rows()).map(({ purpose, uses }) => [purpose, uses])).toEqual([
      ['docker credential helper', 31],
      ['kubelet', 1],
    ]);
    expect((await hub.audit.list({ action: 'registry.secret-used' })).items).toHaveLength(1);
    const { uses } = await hub.registries.credentials.get(hub.admin, id);
    expect(uses).toMatchObject([
      { by: { kind: 'user', name: 'ana' }, purpose: 'kubelet', uses: 1 },
      { by: { name: 'otto' }, purpose: 'docker credential helper', uses: 31 },
    ]);
    expect((await hub.registries.get(hub.admin, id)).credential?.lastUse ?? { purpose: 'kubelet' }).toMatchObject({ purpose: 'kubelet' });
    await bench.clock.advance(91 * day);
    await hub.registries.credentials.sweep();
    expect(await rows()).toEqual([]);
  });

  it('are refused while they cannot be written down, and written down then', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    const record = vi.spyOn(hub.audit, 'record').mockRejectedValueOnce(new Error('The database is locked.'));
    await expect(hub.registries.open(hub.admin, 'prod', 'browse')).rejects.toThrow('locked');
    await hub.registries.open(hub.admin, 'prod', 'browse');
    record.mockRestore();
    expect((await hub.audit.list({ action: 'registry.secret-used' })).items).toHaveLength(1);
  });

  it('are kept within bounds, the last ones', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { id } = await bench.connect(hub);
    const row = { registry_id: id, actor_kind: 'token', actor_id: 'tok_1', actor_name: 'ci', first_at: 0, uses: 1 } as const;
    const now = bench.clock.now();
    for (let at = 0; at < 1200; at += 100) {
      const rows = Array.from({ length: 100 }, (_one, i) => ({ ...row, purpose: `build ${at + i}`, last_at: now + at + i }));
      await hub.store.db.insertInto('credential_uses').values(rows).execute();
    }
    await hub.registries.uses.sweep();
    const kept = await hub.store.db.selectFrom('credential_uses').select('purpose').orderBy('last_at').execute();
    expect([kept.length, kept[0]?.purpose]).toEqual([1000, 'build 200']);
  });

  it('of a registry that was removed meanwhile are forgotten', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { id } = await bench.connect(hub);
    await hub.registries.uses.count(hub.admin, id, 'pull');
    await hub.registries.uses.count(hub.admin, id, 'pull');
    await hub.registries.remove(hub.admin, id);
    await expect(hub.registries.uses.flush()).resolves.toBeUndefined();
  });
});

describe('the blast radius', () => {
  it('holds what refers to the registry, tokens and members limited to it, and who used it', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const project = await hub.project('shop');
    const { id } = await bench.connect(hub, { projects: [project] });
    const now = bench.clock.now();
    const user = {
      password_hash: '',
      role: 'viewer',
      disabled: 0,
      created_at: 0,
      updated_at: 0,
      version: 1,
      display_name: null,
      last_seen_at: null,
    } as const;
    await hub.store.db
      .insertInto('users')
      .values(['mia', 'otto'].map((name) => ({ ...user, id: `usr_${name}`, name, name_key: name })))
      .execute();
    await hub.store.db.insertInto('project_members').values({ project_id: project, user_id: 'usr_mia', role: 'viewer' }).execute();
    const token = { hint: 'tgb_', user_id: 'usr_mia', role: 'viewer', created_at: 0, last_used_at: null } as const;
    await hub.store.db
      .insertInto('api_tokens')
      .values([
        { ...token, id: 'tok_1', token_hash: '1', name: 'ci', registries: JSON.stringify([id]), expires_at: null, revoked_at: null },
        { ...token, id: 'tok_2', token_hash: '2', name: 'old', registries: JSON.stringify([id]), expires_at: now - 1, revoked_at: null },
        { ...token, id: 'tok_3', token_hash: '3', name: 'other', registries: '["reg_2"]', expires_at: null, revoked_at: null },
      ])
      .execute();
    hub.registries.addReferenceSource(async () => [{ kind: 'watch', id: 'wat_1', name: 'shop/api' }]);
    await hub.registries.uses.count(hub.principal('otto', 'operator'), id, 'browse');
    await bench.clock.advance(29 * day);
    await hub.registries.uses.count(hub.admin, id, 'pull');
    await (await hub.registries.open('system', id, 'pull secret shop/pull')).credential();

    const radius = (await hub.registries.credentials.get(hub.admin, id)).blastRadius;
    expect(radius.counts).toEqual({ user: 3, task: 1, token: 1, watch: 1 });
    expect(radius.total).toBe(6);
    expect(radius.items.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      'task pull secret shop/pull',
      'token ci',
      'user ana',
      'user mia',
      'user otto',
      'watch shop/api',
    ]);
    expect(radius.items.find(({ name }) => name === 'otto')).toMatchObject({ lastUsedAt: now, purpose: 'browse' });
    // Who may only look is told how many, and of people and tokens itself alone.
    const looking = { ...hub.principal('mia', 'viewer', { [project]: 'viewer' }), id: 'usr_mia', userId: 'usr_mia' };
    const seen = (await hub.registries.credentials.get(looking, id)).blastRadius;
    expect(seen).toMatchObject({ total: 6, counts: { user: 3, token: 1 } });
    expect(seen.items.map(({ name }) => name).sort()).toEqual(['mia', 'pull secret shop/pull', 'shop/api']);
    await bench.clock.advance(2 * day);
    expect((await hub.registries.credentials.get(hub.admin, id)).blastRadius.items.map(({ name }) => name)).not.toContain('otto');
  });
});
