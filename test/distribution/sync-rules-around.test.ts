import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { visibleEvents } from '../../src/api/visible-events.ts';
import type { Principal } from '../../src/access/index.ts';
import { systemPrincipal } from '../../src/access/index.ts';
import { imageOf } from './copies-world.ts';
import { spec, startSyncRulesWorld, type SyncRulesWorld } from './sync-rules-world.ts';

let sync: SyncRulesWorld;
beforeAll(async () => {
  sync = await startSyncRulesWorld();
});
afterAll(() => sync[Symbol.asyncDispose]());

interface Imported {
  items: {
    name: string;
    outcome: string;
    notes: string[];
    spec: { source: { registry: string } };
    problem?: { code: string; detail: string; fields?: { field: string; message: string }[] };
  }[];
  notes: string[];
}

describe('importing documents', () => {
  const importing = async (body: object) => {
    const answer = await sync.call('POST', '/sync-rules/import', body);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<Imported>();
  };

  it('makes rules of regsync.yml, finds registries by host, and goes on where one is not connected', async () => {
    const { host } = sync.world.from;
    const content = `
version: 1
creds:
  - registry: ${host}
defaults:
  interval: 60m
sync:
  - source: ${host}/import/api
    target: ${sync.world.to.host}/mirror/api
    type: repository
    tags:
      allow: ["v1.*"]
  - source: ${host}/import/web:1.0
    target: elsewhere.test/mirror/web:1.0
    type: image
`;
    const plan = await importing({ format: 'regsync', documents: [{ name: 'regsync.yml', content }], dryRun: true });
    expect(plan.items.map(({ outcome }) => outcome)).toEqual(['planned', 'failed']);
    expect((await sync.call('GET', '/sync-rules')).json<{ items: unknown[] }>().items).toEqual([]);

    const made = await importing({ documents: [{ name: 'regsync.yml', content }] });
    const [api, web] = made.items;
    expect(api).toMatchObject({ outcome: 'created' });
    expect(web).toMatchObject({
      outcome: 'failed',
      problem: { code: 'invalid_settings', fields: [{ field: 'spec.destination.registry' }] },
    });
    expect(web?.problem?.detail).toContain('tagboat registry add');
    expect(web?.problem?.detail).toContain('elsewhere.test');
    const rule = await sync.rule(api?.name ?? '');
    expect(rule).toMatchObject({ enabled: false, source: { name: 'from' }, destination: { name: 'to' } });
    const { items } = (await sync.call('GET', '/audit?action=sync-rule.create')).json<{ items: { detail: string }[] }>();
    expect(items[0]?.detail).toContain('regsync.yml');
    const again = await importing({ documents: [{ name: 'regsync.yml', content }] });
    expect(again.items[0]).toMatchObject({ outcome: 'failed', problem: { code: 'already_exists' } });
  });

  it('takes rules of its own form by the names of registries, and says where a document cannot be read', async () => {
    const content = `
rules:
  - name: from-file
    source: { registry: from, repositories: [file/*] }
    destination: { registry: to }
    enabled: true
`;
    const { items } = await importing({ format: 'tagboat', documents: [{ content }] });
    expect(items).toMatchObject([{ name: 'from-file', outcome: 'created', notes: [expect.stringContaining('not enabled')] }]);
    const broken = await sync.call('POST', '/sync-rules/import', { documents: [{ name: 'x.yml', content: 'rules: [' }] });
    expect(broken.statusCode).toBe(422);
  });
});

describe('rules of a team', () => {
  it('are kept by who operates its project, and not by who only looks', async () => {
    const project = (await sync.call('POST', '/projects', { name: 'team' })).json<{ id: string }>().id;
    const limited = { allProjects: false, projects: [project] };
    await sync.world.connect('team-from', sync.world.from, limited);
    await sync.world.connect('team-to', sync.world.to, limited);
    const people = { mia: await sync.world.test.addPerson('mia', 'viewer'), leo: await sync.world.test.addPerson('leo', 'viewer') };
    for (const [name, role] of [
      ['mia', 'operator'],
      ['leo', 'viewer'],
    ] as const) {
      const answer = await sync.call('PUT', `/projects/${project}/members/${people[name].id}`, { role });
      expect(answer.statusCode, answer.body).toBeLessThan(300);
    }
    const body = {
      name: 'team',
      spec: { source: { registry: 'team-from', repositories: ['team/*'] }, destination: { registry: 'team-to' } },
    };
    expect((await sync.call('POST', '/sync-rules', body, people.leo)).statusCode).toBe(403);
    expect((await sync.call('POST', '/sync-rules', body, people.mia)).statusCode).toBe(201);
    expect((await sync.call('GET', '/sync-rules/team', undefined, people.leo)).statusCode).toBe(200);
    expect((await sync.call('PATCH', '/sync-rules/team', { name: 'other' }, people.leo)).statusCode).toBe(403);
    // Their own registry is no reason to write to everybody's.
    const wider = { spec: { ...body.spec, destination: { registry: 'to' } } };
    expect((await sync.call('PATCH', '/sync-rules/team', wider, people.mia)).statusCode).toBe(403);
    expect((await sync.call('DELETE', '/sync-rules/team', undefined, people.mia)).statusCode).toBe(204);
  });
});

describe('what happens to rules', () => {
  it('is told to those who see both registries', async () => {
    const project = (await sync.call('POST', '/projects', { name: 'whisper' })).json<{ id: string }>().id;
    await sync.world.connect('whisper', sync.world.from, { allProjects: false, projects: [project] });
    const { services } = sync.world.test.hub;
    const outsider: Principal = { ...systemPrincipal, kind: 'user', id: 'usr_out', role: 'operator', projects: new Map() };
    const told = async (who: Principal, work: () => Promise<unknown>) => {
      const leaving = new AbortController();
      const seen: unknown[] = [];
      const watching = (async () => {
        for await (const { data } of visibleEvents(async () => who, services, leaving.signal)) seen.push(data);
      })();
      await work();
      await new Promise((resolve) => setTimeout(resolve, 100));
      leaving.abort();
      await watching;
      return seen.filter((data) => (data as { type: string }).type === 'sync.changed');
    };
    const quiet = () => sync.make('quiet', { source: { registry: 'whisper', repositories: ['whisper/*'] } });
    expect(await told(outsider, quiet)).toEqual([]);
    const loud = await told(outsider, () => sync.make('loud', { source: { registry: 'from', repositories: ['loud/*'] } }));
    expect(loud).toMatchObject([{ rule: (await sync.rule('loud')).id, name: 'to' }]);
    expect(await told(outsider, () => sync.call('DELETE', '/sync-rules/loud'))).toMatchObject([{ removed: true }]);
  });

  it('goes on with the new settings when a registry is edited during a run', async () => {
    await sync.world.connect('shifting', sync.world.to);
    for (const tag of ['1', '2', '3']) sync.world.from.put('shift/api', imageOf(300_000), tag);
    await sync.make('shift', {
      source: { registry: 'from', repositories: ['shift/*'] },
      destination: { registry: 'shifting' },
      settings: { bandwidth: 400_000 },
    });
    const run = await sync.start('shift', 'run');
    await sync.until(run.id, ({ state, progress }) => state === 'running' && progress?.phase === 'tags');
    const edit = await sync.call('PATCH', '/registries/shifting', { connection: { tls: 'plain', requestsPerSecond: 500 } });
    expect(edit.statusCode).toBe(200);
    const ended = await sync.until(run.id, ({ finishedAt }) => finishedAt !== undefined);
    expect(ended).toMatchObject({ state: 'done', counts: { copied: 3, failed: 0 } });
    expect(['1', '2', '3'].map((tag) => sync.world.to.content.resolve('shift/api', tag))).not.toContain(undefined);
  });

  it('stands against deleting what an enabled rule copies, or has brought', async () => {
    const image = imageOf(10);
    sync.world.from.put('pinned/api', image, '1.0', 'dev');
    await sync.make(
      'pins',
      {
        source: { registry: 'from', repositories: ['pinned/*'], tags: { include: ['1.*'] } },
        destination: { registry: 'to', repository: 'pinned-copy/{repository}' },
      },
      { enabled: true, unseen: true },
    );
    await sync.ended('pins', 'run');
    const remove = (registry: string, repository: string, tag: string) =>
      sync.call('POST', `/registries/${registry}/repositories/${encodeURIComponent(repository)}/deletions`, { references: [tag] });
    for (const [registry, repository] of [
      ['from', 'pinned/api'],
      ['to', 'pinned-copy/pinned/api'],
    ] as const) {
      const answer = await remove(registry, repository, '1.0');
      expect(answer.json(), answer.body).toMatchObject({ code: 'in_use', references: [{ kind: 'sync-rule', name: 'pins' }] });
    }
    expect((await remove('from', 'pinned/api', 'dev')).statusCode).toBe(200);
    await sync.call('PATCH', '/sync-rules/pins', { enabled: false });
    expect((await remove('from', 'pinned/api', '1.0')).statusCode).toBe(200);
  });

  it('is the doing of people, each by name', async () => {
    await sync.make('traced', { source: { registry: 'from', repositories: ['traced/*'] } });
    await sync.call('PATCH', '/sync-rules/traced', { spec: spec({ source: { registry: 'from', repositories: ['traced/**'] } }) });
    await sync.ended('traced', 'plan');
    await sync.ended('traced', 'run');
    const { id } = await sync.rule('traced');
    const { items } = (await sync.call('GET', `/audit?target=${id}`)).json<{
      items: { action: string; actor: { name: string }; before?: object; after?: object }[];
    }>();
    expect(items.map(({ action, actor }) => `${action} ${actor.name}`).toReversed()).toEqual([
      'sync-rule.create ana',
      'sync-rule.update ana',
      'sync-rule.plan ana',
      'sync-rule.run ana',
      'sync-rule.finish Tagboat',
    ]);
    expect(items.at(-2)?.before).toHaveProperty('spec');
  });
});
