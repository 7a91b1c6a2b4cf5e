import { expect, it } from 'vitest';
import {
  ApiTokens,
  Audit,
  LoginLimiter,
  type Principal,
  Projects,
  Sessions,
  Setup,
  systemPrincipal,
  Users,
  visibleRegistries,
} from '../../src/access/index.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Store } from '../../src/store/index.ts';
import { describeEachStore } from './each-store.ts';

const hour = 3_600_000;
const address = '192.0.2.1';
const password = 'a good pass phrase';

class Hub {
  now = 1_700_000_000_000;
  readonly clock = { now: () => this.now, sleep: async () => {} };
  readonly store: Store;
  readonly audit: Audit;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly projects: Projects;
  readonly setup: Setup;

  constructor(store: Store) {
    const { clock } = this;
    this.store = store;
    this.audit = new Audit({ store, clock });
    this.users = new Users({ store, audit: this.audit, clock, limiter: new LoginLimiter({ clock }) });
    this.sessions = new Sessions({ store, audit: this.audit, clock });
    this.tokens = new ApiTokens({ store, audit: this.audit, clock });
    this.projects = new Projects({ store, audit: this.audit, clock });
    this.setup = new Setup({ store, users: this.users });
  }

  /** A signed-in user. */
  async signIn(name: string, role: Principal['role'] = 'viewer'): Promise<Principal & { cookie: string }> {
    const user = await this.users.create(systemPrincipal, { name, password, role });
    const { principal, token } = await this.sessions.create(user, { address });
    return { ...principal, cookie: token };
  }

  async addRegistry(id: string, projects?: string[]): Promise<void> {
    const now = this.now;
    await this.store.db
      .insertInto('registries')
      .values({
        id,
        name: id,
        name_key: id,
        provider: 'generic',
        url: 'https://r.example',
        prefix: 'r.example',
        namespace: '',
        description: '',
        sign_in: 'none',
        settings: '{}',
        connection: '{}',
        secrets: '{}',
        pinned_repositories: '[]',
        trusted_realms: '[]',
        credential_expiry: null,
        sources: '{}',
        tag_order: null,
        secret_ends_at: null,
        all_projects: projects ? 0 : 1,
        is_default: 0,
        created_at: now,
        updated_at: now,
        updated_by: null,
        version: 1,
      })
      .execute();
    for (const project of projects ?? [])
      await this.store.db.insertInto('registry_projects').values({ registry_id: id, project_id: project }).execute();
  }

  async visible(principal: Principal): Promise<string[]> {
    const rows = await this.store.db.selectFrom('registries').select('id').where(visibleRegistries(principal)).orderBy('id').execute();
    return rows.map((row) => row.id);
  }

  async audited(query: Parameters<Audit['list']>[0] = {}): Promise<string[]> {
    return (await this.audit.list(query)).items.map((entry) => `${entry.actor.name} ${entry.action} ${entry.outcome}`);
  }
}

describeEachStore('access', (bench) => {
  const start = async () => new Hub(await bench.open());

  it('sets up by a link that works once', async () => {
    const hub = await start();
    expect(await hub.setup.needed()).toBe(true);
    const stale = await hub.setup.begin();
    const token = await hub.setup.begin();
    if (!token || !stale) throw new Error('no token');
    const input = { name: 'Ana', password, token };
    await expect(hub.setup.complete({ ...input, token: stale })).rejects.toMatchObject({ code: 'setup_token_invalid' });
    await expect(hub.setup.complete({ ...input, password: 'short' })).rejects.toMatchObject({
      fields: [expect.objectContaining({ field: 'password' })],
    });

    const attempts = await Promise.allSettled([
      hub.setup.complete(input, { address }),
      hub.setup.complete({ ...input, name: 'Eve' }, { address }),
    ]);
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
    expect(attempts.find((attempt) => attempt.status === 'rejected')?.reason).toMatchObject({ code: 'setup_done' });
    expect(await hub.setup.needed()).toBe(false);
    expect(await hub.setup.begin()).toBeUndefined();
    const [user] = await hub.users.list(systemPrincipal);
    expect(user).toMatchObject({ role: 'administrator', disabled: false });
    expect(await hub.audited()).toEqual(['anonymous hub.setup ok']);
    expect(JSON.stringify(await hub.store.db.selectFrom('hub').selectAll().execute())).not.toContain(token);
  });

  it('signs in with name and password, in any case, and tells nobody which was wrong', async () => {
    const hub = await start();
    const ana = await hub.users.create(systemPrincipal, { name: 'Ana', password });
    expect(await hub.users.authenticate('aNA', password, { address })).toEqual(ana);
    const wrong = await hub.users.authenticate('Ana', 'not it at all', { address }).catch((error: unknown) => error);
    const unknown = await hub.users.authenticate('hunter2-in-the-wrong-field', password, { address }).catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: 'login_failed' });
    expect(unknown).toMatchObject({ code: 'login_failed', message: (wrong as Error).message });
    await hub.users.create(systemPrincipal, { name: 'Root', password, role: 'administrator' });
    await hub.users.update(systemPrincipal, 'ana', { disabled: true });
    await expect(hub.users.authenticate('Ana', password, { address })).rejects.toMatchObject({
      code: 'login_failed',
      message: (wrong as Error).message,
    });

    const entries = await hub.audit.list({ action: 'session.login' });
    expect(entries.items.map((entry) => entry.detail)).toEqual([
      'The account is disabled.',
      'There is no user of that name.',
      'The password is wrong.',
    ]);
    expect(JSON.stringify(entries)).not.toContain('hunter2');
    expect(entries.items.at(-1)).toMatchObject({
      actor: { kind: 'anonymous' },
      address,
      target: { kind: 'user', name: 'Ana' },
      outcome: 'login_failed',
    });
  });

  it('slows down guessing, and lets the right password in afterwards', async () => {
    const hub = await start();
    await hub.users.create(systemPrincipal, { name: 'Ana', password });
    const guess = (secret: string) => hub.users.authenticate('Ana', secret, { address });
    for (let i = 0; i < 6; i++) await expect(guess('wrong password')).rejects.toMatchObject({ code: 'login_failed' });
    await expect(guess(password)).rejects.toMatchObject({ code: 'login_limited', retryAfter: 1000 });
    hub.now += 1001;
    expect((await guess(password)).name).toBe('Ana');
    expect((await guess(password)).name).toBe('Ana');
  });

  it('keeps names unique without regard to case, and frees them with their user', async () => {
    const hub = await start();
    const first = await hub.users.create(systemPrincipal, { name: 'Ana', password });
    const bob = await hub.users.create(systemPrincipal, { name: 'Bob', password });
    await expect(hub.users.create(systemPrincipal, { name: 'ANA', password })).rejects.toMatchObject({ code: 'already_exists' });
    await expect(hub.users.update(systemPrincipal, bob.id, { name: 'ana' })).rejects.toMatchObject({ code: 'already_exists' });
    expect((await hub.users.update(systemPrincipal, bob.id, { name: 'BOB' })).name).toBe('BOB');
    await hub.users.remove(systemPrincipal, 'ana');
    const second = await hub.users.create(systemPrincipal, { name: 'ana', password });
    expect(second.id).not.toBe(first.id);
    await expect(hub.users.get(systemPrincipal, first.id)).rejects.toMatchObject({ code: 'not_found' });
    for (const name of ['', 'a\nb', 'x'.repeat(65)]) {
      await expect(hub.users.create(systemPrincipal, { name, password })).rejects.toMatchObject({ code: 'invalid_settings' });
    }
    for (const bad of ['short', 'aaaaaaaaaaaa', 'x'.repeat(300)]) {
      await expect(hub.users.create(systemPrincipal, { name: 'New', password: bad })).rejects.toMatchObject({
        fields: [expect.objectContaining({ field: 'password' })],
      });
    }
  });

  it('refuses an edit of what changed meanwhile', async () => {
    const hub = await start();
    const ana = await hub.users.create(systemPrincipal, { name: 'Ana', password });
    const edited = await hub.users.update(systemPrincipal, ana.id, { displayName: 'Ana B.' }, 1);
    expect(edited).toMatchObject({ version: 2, displayName: 'Ana B.' });
    await expect(hub.users.update(systemPrincipal, ana.id, { displayName: 'x' }, 1)).rejects.toMatchObject({ code: 'precondition_failed' });
    await expect(hub.users.remove(systemPrincipal, ana.id, 1)).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  it('never loses its last administrator, not even to two edits at once', async () => {
    const hub = await start();
    const ana = await hub.users.create(systemPrincipal, { name: 'Ana', password, role: 'administrator' });
    const last = { code: 'last_administrator' };
    await expect(hub.users.update(systemPrincipal, ana.id, { role: 'operator' })).rejects.toMatchObject(last);
    await expect(hub.users.update(systemPrincipal, ana.id, { disabled: true })).rejects.toMatchObject(last);
    await expect(hub.users.remove(systemPrincipal, ana.id)).rejects.toMatchObject(last);
    const bob = await hub.users.create(systemPrincipal, { name: 'Bob', password, role: 'administrator' });
    const results = await Promise.allSettled([
      hub.users.update(systemPrincipal, ana.id, { role: 'viewer' }),
      hub.users.remove(systemPrincipal, bob.id),
    ]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect((await hub.users.list(systemPrincipal)).filter((user) => user.role === 'administrator')).toHaveLength(1);
  });

  it('lets only administrators manage users, and everybody read themselves', async () => {
    const hub = await start();
    const viewer = await hub.signIn('Vera');
    const operator = await hub.signIn('Otto', 'operator');
    for (const principal of [viewer, operator]) {
      await expect(hub.users.list(principal)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(hub.users.create(principal, { name: 'x', password })).rejects.toMatchObject({ code: 'forbidden' });
      await expect(hub.users.update(principal, principal.id, { role: 'administrator' })).rejects.toMatchObject({ code: 'forbidden' });
      expect((await hub.users.get(principal, principal.id)).name).toBe(principal.name);
    }
    await expect(hub.users.get(viewer, operator.id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(hub.users.get(viewer, 'nobody')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('keeps a session while it is used, up to a limit', async () => {
    const hub = await start();
    const ana = await hub.signIn('Ana');
    const { session, principal, user } = await hub.sessions.authenticate(ana.cookie, { address: '192.0.2.9' });
    expect(user.name).toBe('Ana');
    expect(principal).toMatchObject({
      kind: 'user',
      id: user.id,
      userId: user.id,
      role: 'viewer',
      sessionId: session.id,
      address: '192.0.2.9',
    });
    const stored = await hub.store.db.selectFrom('sessions').selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain(ana.cookie);

    for (let used = 0; used < 16; used++) {
      hub.now += 10 * hour;
      await hub.sessions.authenticate(ana.cookie);
    }
    hub.now += 10 * hour;
    await expect(hub.sessions.authenticate(ana.cookie)).rejects.toMatchObject({ code: 'unauthorized' });

    const bob = await hub.signIn('Bob');
    hub.now += 12 * hour;
    await expect(hub.sessions.authenticate(bob.cookie)).rejects.toMatchObject({ code: 'unauthorized' });
    await hub.sessions.sweep();
    expect(await hub.store.db.selectFrom('sessions').selectAll().execute()).toEqual([]);
    await expect(hub.sessions.authenticate('')).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('ends sessions on sign-out, new password, other role and disabling', async () => {
    const hub = await start();
    await hub.users.create(systemPrincipal, { name: 'Root', password, role: 'administrator' });
    const ana = await hub.signIn('Ana');
    const again = async () => (await hub.sessions.create(await hub.users.get(systemPrincipal, 'Ana'), { address })).token;
    const alive = async (cookie: string) => (await hub.sessions.authenticate(cookie).catch(() => undefined)) !== undefined;

    const other = await again();
    await hub.users.changePassword(ana, { current: password, password: 'another good phrase' });
    expect([await alive(ana.cookie), await alive(other)]).toEqual([true, false]);
    await expect(hub.users.changePassword(ana, { current: password, password: 'yet another phrase' })).rejects.toMatchObject({
      code: 'login_failed',
    });
    await hub.users.authenticate('ana', 'another good phrase', { address });

    await hub.users.update(systemPrincipal, 'Ana', { displayName: 'A' });
    expect(await alive(ana.cookie)).toBe(true);
    await hub.users.update(systemPrincipal, 'Ana', { role: 'operator' });
    expect(await alive(ana.cookie)).toBe(false);
    const third = await again();
    await hub.users.update(systemPrincipal, 'Ana', { disabled: true });
    expect(await alive(third)).toBe(false);

    const bob = await hub.signIn('Bob');
    await hub.sessions.end(bob.cookie, bob);
    expect(await alive(bob.cookie)).toBe(false);
    await hub.sessions.end(bob.cookie, bob);
  });

  it('asks for the token of the session on changes', async () => {
    const hub = await start();
    const ana = await hub.signIn('Ana');
    const { session } = await hub.sessions.authenticate(ana.cookie);
    hub.sessions.checkCsrf(session, session.csrf);
    for (const sent of [undefined, '', 'x', `${session.csrf}x`]) {
      expect(() => hub.sessions.checkCsrf(session, sent)).toThrow(expect.objectContaining({ code: 'csrf_failed' }));
    }
  });

  it('makes API tokens that can do no more than their user, shown once', async () => {
    const hub = await start();
    await hub.addRegistry('reg_a');
    await hub.addRegistry('reg_b');
    const otto = await hub.signIn('Otto', 'operator');
    await expect(hub.tokens.create(otto, { name: 'ci', role: 'administrator' })).rejects.toMatchObject({
      fields: [expect.objectContaining({ field: 'role' })],
    });
    await expect(hub.tokens.create(otto, { name: 'ci', registries: ['reg_zzz'] })).rejects.toMatchObject({
      fields: [expect.objectContaining({ field: 'registries' })],
    });
    const { token, secret } = await hub.tokens.create(otto, { name: 'ci', role: 'viewer', registries: ['REG_A'] });
    expect(secret).toMatch(/^tgb_[A-Za-z0-9_-]{43}$/);
    expect(token).toMatchObject({
      name: 'ci',
      role: 'viewer',
      registries: ['reg_a'],
      userName: 'Otto',
      expiresAt: hub.now + 90 * 24 * hour,
    });
    expect(secret.startsWith(token.hint)).toBe(true);
    expect(JSON.stringify(await hub.store.db.selectFrom('api_tokens').selectAll().execute())).not.toContain(secret);
    expect(JSON.stringify(await hub.tokens.list(otto))).not.toContain(secret);

    const principal = await hub.tokens.authenticate(secret, { address });
    expect(principal).toMatchObject({
      kind: 'token',
      id: token.id,
      userId: otto.userId,
      name: 'Otto/ci',
      role: 'viewer',
      registries: ['reg_a'],
      address,
    });
    expect(await hub.visible(principal)).toEqual(['reg_a']);
    expect((await hub.tokens.list(otto))[0]?.lastUsedAt).toBe(hub.now);

    hub.now += 90 * 24 * hour;
    await expect(hub.tokens.authenticate(secret)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(hub.tokens.authenticate('tgb_nothing')).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('takes power from tokens when their user loses it', async () => {
    const hub = await start();
    const otto = await hub.signIn('Otto', 'operator');
    const { secret } = await hub.tokens.create(otto, { name: 'ci', neverExpires: true });
    expect((await hub.tokens.authenticate(secret)).role).toBe('operator');
    await hub.users.update(systemPrincipal, 'Otto', { role: 'viewer' });
    expect((await hub.tokens.authenticate(secret)).role).toBe('viewer');
    await hub.users.update(systemPrincipal, 'Otto', { disabled: true });
    await expect(hub.tokens.authenticate(secret)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('lets a token make only lesser tokens', async () => {
    const hub = await start();
    await hub.addRegistry('reg_a');
    await hub.addRegistry('reg_b');
    const otto = await hub.signIn('Otto', 'operator');
    const parent = await hub.tokens.create(otto, {
      name: 'parent',
      registries: ['reg_a'],
      expiresAt: new Date(hub.now + hour).toISOString(),
    });
    const principal = await hub.tokens.authenticate(parent.secret);
    await expect(hub.tokens.create(principal, { name: 'x', registries: ['reg_b'] })).rejects.toMatchObject({ code: 'invalid_settings' });
    await expect(hub.tokens.create(principal, { name: 'x', neverExpires: true })).rejects.toMatchObject({ code: 'invalid_settings' });
    await expect(hub.tokens.create(principal, { name: 'x', expiresAt: hub.now + 2 * hour })).rejects.toMatchObject({
      code: 'invalid_settings',
    });
    const child = await hub.tokens.create(principal, { name: 'x' });
    expect(child.token).toMatchObject({ registries: ['reg_a'], expiresAt: hub.now + hour });
  });

  it('revokes tokens: own ones, or any for administrators', async () => {
    const hub = await start();
    const ana = await hub.signIn('Ana');
    const bob = await hub.signIn('Bob');
    const root = await hub.signIn('Root', 'administrator');
    const first = await hub.tokens.create(ana, { name: 'one' });
    const second = await hub.tokens.create(ana, { name: 'two' });
    await expect(hub.tokens.revoke(bob, first.token.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(hub.tokens.list(bob, { all: true })).rejects.toMatchObject({ code: 'forbidden' });
    expect(await hub.tokens.list(bob)).toEqual([]);
    expect(await hub.tokens.list(root, { all: true })).toHaveLength(2);
    await hub.tokens.revoke(ana, first.token.id);
    await hub.tokens.revoke(root, second.token.id);
    for (const { secret } of [first, second]) await expect(hub.tokens.authenticate(secret)).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await hub.tokens.list(ana)).toEqual([]);
  });

  it('shows registries by project, and tokens of a member no more', async () => {
    const hub = await start();
    const root = await hub.signIn('Root', 'administrator');
    await hub.signIn('Ana');
    const red = await hub.projects.create(root, { name: 'Red' });
    const blue = await hub.projects.create(root, { name: 'Blue' });
    await hub.addRegistry('reg_all');
    await hub.addRegistry('reg_red', [red.id]);
    await hub.addRegistry('reg_both', [red.id, blue.id]);
    await hub.addRegistry('reg_blue', [blue.id]);
    await hub.addRegistry('reg_none', []);
    const ana = async () => (await hub.sessions.create(await hub.users.get(root, 'Ana'), { address })).principal;

    expect(await hub.visible(await ana())).toEqual(['reg_all']);
    await hub.projects.setMember(root, red.id, 'Ana', 'operator');
    expect(await hub.visible(await ana())).toEqual(['reg_all', 'reg_both', 'reg_red']);
    expect(await hub.visible(root)).toHaveLength(5);
    expect((await ana()).projects).toEqual(new Map([[red.id, 'operator']]));

    const limited = await hub.tokens.create(await ana(), { name: 'ci', registries: ['reg_red'] });
    const token = await hub.tokens.authenticate(limited.secret);
    expect(token).toMatchObject({ role: 'viewer', projects: new Map([[red.id, 'operator']]) });
    expect(await hub.visible(token)).toEqual(['reg_red']);
    await hub.projects.removeMember(root, 'red', 'ana');
    expect(await hub.visible(await hub.tokens.authenticate(limited.secret))).toEqual([]);
  });

  it('manages projects; others see those that they belong to', async () => {
    const hub = await start();
    const root = await hub.signIn('Root', 'administrator');
    const ana = await hub.signIn('Ana', 'operator');
    const red = await hub.projects.create(root, { name: 'Red', description: 'The red team' });
    await expect(hub.projects.create(root, { name: 'RED' })).rejects.toMatchObject({ code: 'already_exists' });
    await expect(hub.projects.create(ana, { name: 'Mine' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(hub.projects.get(ana, red.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await hub.projects.list(ana)).toEqual([]);

    const joined = await hub.projects.setMember(root, 'red', 'ana', 'viewer');
    expect(joined).toMatchObject({ version: 2, members: [{ userId: ana.id, userName: 'Ana', role: 'viewer' }], registryCount: 0 });
    const member = (await hub.sessions.authenticate(ana.cookie)).principal;
    expect(await hub.projects.list(member)).toEqual([joined]);
    await expect(hub.projects.setMember(root, 'red', 'nobody', 'viewer')).rejects.toMatchObject({ code: 'not_found' });

    await expect(hub.projects.update(root, red.id, { name: 'Crimson' }, 1)).rejects.toMatchObject({ code: 'precondition_failed' });
    const crimson = await hub.projects.update(root, red.id, { name: 'Crimson' }, 2);
    expect(crimson).toMatchObject({ name: 'Crimson', description: 'The red team', version: 3 });

    await hub.addRegistry('reg_a', [red.id]);
    expect((await hub.projects.get(root, 'crimson')).registryCount).toBe(1);
    await expect(hub.projects.remove(root, 'crimson')).rejects.toMatchObject({
      code: 'in_use',
      references: [{ kind: 'registry', id: 'reg_a', name: 'reg_a' }],
    });
    await hub.store.db.deleteFrom('registries').execute();
    await hub.projects.remove(root, 'crimson');
    expect(await hub.projects.list(root)).toEqual([]);
    await hub.projects.create(root, { name: 'Crimson' });
  });

  it('lets one of two edits of a project at once through', async () => {
    const hub = await start();
    const root = await hub.signIn('Root', 'administrator');
    for (let round = 1; round <= 5; round++) {
      const { id, version } = await hub.projects.create(root, { name: `Red ${round}` });
      const results = await Promise.allSettled(
        ['a', 'b', 'c'].map((description) => hub.projects.update(root, id, { description }, version)),
      );
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    }
  });

  it('records who changed what, without secrets', async () => {
    const hub = await start();
    const root = await hub.signIn('Root', 'administrator');
    const ana = await hub.users.create(root, { name: 'Ana', password });
    hub.now += 1000;
    await hub.users.update(root, ana.id, { displayName: 'Ana B.', password: 'another good phrase' });
    const { items } = await hub.audit.list({ action: 'user.update' });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      at: hub.now,
      actor: { kind: 'user', id: root.id, name: 'Root' },
      address,
      target: { kind: 'user', id: ana.id, name: 'Ana' },
      before: {},
      after: { displayName: 'Ana B.', passwordChanged: true },
      outcome: 'ok',
    });
    expect(JSON.stringify(await hub.store.db.selectFrom('audit').selectAll().execute())).not.toMatch(/good p/);
  });

  it('keeps of a change what differs, secrets only as changed', async () => {
    const hub = await start();
    await hub.audit.record({
      action: 'registry.update',
      target: { kind: 'registry', id: 'reg_1', name: 'prod' },
      before: { name: 'prod', url: 'https://a.example', password: new Secret('old one'), same: { deep: [1] }, apiSeed: 'one' },
      after: { name: 'prod', url: 'https://u:p@b.example', password: new Secret('new one'), same: { deep: [1] }, apiSeed: 'two' },
      secretFields: ['apiSeed'],
    });
    const [entry] = (await hub.audit.list()).items;
    expect(entry).toMatchObject({
      actor: { kind: 'system', name: 'Tagboat' },
      before: { url: 'https://a.example/', password: '[secret]', apiSeed: '[secret]' },
      after: { url: 'https://b.example/', password: '[secret]', apiSeed: '[secret]' },
    });
    expect(Object.keys(entry?.before ?? {})).toEqual(['url', 'password', 'apiSeed']);
  });

  it('lists the audit newest first, filtered and in pages, also within one millisecond', async () => {
    const hub = await start();
    for (let i = 0; i < 25; i++) {
      if (i % 5 === 0) hub.now += 1;
      const action = i % 2 ? 'registry.create' : 'registryx.create';
      await hub.audit.record({ action, target: { kind: 'registry', id: `reg_${i}`, name: `r${i % 3}` }, principal: 'anonymous' });
    }
    const seen: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await hub.audit.list({ cursor, limit: 4 });
      seen.push(...page.items.map((entry) => entry.target?.id));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `reg_${24 - i}`));
    expect((await hub.audit.list({ action: 'registry' })).items).toHaveLength(12);
    expect((await hub.audit.list({ action: 'registry.create' })).items).toHaveLength(12);
    expect((await hub.audit.list({ action: 'reg' })).items).toHaveLength(0);
    expect((await hub.audit.list({ target: 'reg_3' })).items).toHaveLength(1);
    expect((await hub.audit.list({ target: 'r1' })).items).toHaveLength(8);
    expect((await hub.audit.list({ actor: 'anonymous' })).items).toHaveLength(25);
    expect((await hub.audit.list({ from: hub.now })).items).toHaveLength(5);
    expect((await hub.audit.list({ to: hub.now })).items).toHaveLength(20);
    await expect(hub.audit.list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  it('records with the change or not at all', async () => {
    const hub = await start();
    await expect(
      hub.store.transaction(async (trx) => {
        await hub.audit.record({ action: 'registry.create' }, trx);
        throw new Error('failed');
      }),
    ).rejects.toThrow('failed');
    expect(await hub.audited()).toEqual([]);
  });
});
