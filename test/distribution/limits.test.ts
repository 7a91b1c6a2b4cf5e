import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../api/harness.ts';
import { imageOf } from './copies-world.ts';
import { spec, startSyncRulesWorld, type SyncRulesWorld } from './sync-rules-world.ts';

let sync: SyncRulesWorld;
let operator: Person;
/** Operator of the project `inner` only: of a registry of all projects it may only pull what is shown. */
let insider: Person;
const secret = imageOf(40);

beforeAll(async () => {
  sync = await startSyncRulesWorld();
  const { world } = sync;
  const { test } = world;
  operator = await test.addPerson('otto', 'operator');
  insider = await test.addPerson('ina', 'viewer');
  await world.post('/projects', { name: 'inner' });
  const member = { url: `/api/v1/projects/inner/members/${insider.id}`, payload: { role: 'operator' } };
  await test.request({ method: 'PUT', as: test.administrator, ...member });
  await world.connect('team', world.from, { namespace: 'team' });
  await world.connect('part', world.from, { prefix: `${world.from.host}/team` });
  await world.connect('own', world.to, { allProjects: false, projects: ['inner'] });
  world.from.put('other/api', secret, '1.0');
  world.from.put('team/api', imageOf(41), '1.0');
});
afterAll(() => sync[Symbol.asyncDispose]());

const other = { repository: 'other/api', reference: '1.0' };

describe('a registry that is limited to a namespace', () => {
  it('gives no copy of what lies elsewhere, to nobody, and plans none', async () => {
    for (const path of ['/copies', '/copies/plan']) {
      const answer = await sync.world.post(path, { source: { registry: 'team', ...other }, destinations: [{ registry: 'to' }] });
      expect(answer.json()).toMatchObject({
        code: 'invalid_settings',
        fields: [{ field: 'source.repository', message: '“team” is limited to team: the name has to begin with team/.' }],
      });
    }
    expect(sync.world.to.content.manifest('other/api', '1.0')).toBeUndefined();
  });

  it('has no images deleted elsewhere', async () => {
    const path = '/registries/team/repositories/other%2Fapi/deletions';
    const answer = await sync.world.post(path, { references: ['1.0'] }, operator);
    expect(answer.json()).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'repository' }] });
    expect(sync.world.from.content.manifest('other/api', '1.0')).toBeDefined();
  });

  it('feeds and takes rules within it only', async () => {
    const named = spec({ source: { registry: 'team', repositories: ['other/api'] } });
    expect((await sync.call('POST', '/sync-rules', { name: 'out', spec: named })).json()).toMatchObject({ code: 'invalid_settings' });
    const into = spec({ destination: { registry: 'team', repository: 'other/mirror' } });
    expect((await sync.call('POST', '/sync-rules', { name: 'in', spec: into })).json()).toMatchObject({ code: 'invalid_settings' });
    await sync.make('all of team', {
      source: { registry: 'team', repositories: ['**'] },
      destination: { registry: 'to', repository: 'all/{repository}' },
    });
    const run = await sync.ended('all of team', 'run');
    expect(run).toMatchObject({ state: 'done', counts: { repositories: 1, copied: 1 } });
  });
});

describe('who may only pull', () => {
  const copy = (registry: string, repository: string) =>
    sync.world.post(
      '/copies',
      { source: { registry, repository, reference: '1.0' }, destinations: [{ registry: 'own', repository: 'taken' }] },
      insider,
    );

  it('copies what the registry shows, which is what is below its prefix', async () => {
    expect((await copy('part', 'other/api')).json()).toMatchObject({ code: 'forbidden' });
    expect((await copy('part', 'team/api')).statusCode).toBe(201);
    expect(sync.world.to.content.manifest('taken', '1.0')?.digest).not.toBe(secret.digest);
  });

  it('makes no rule that would copy more, by a name or by a glob', async () => {
    const ask = (...repositories: string[]) =>
      sync.call(
        'POST',
        '/sync-rules',
        {
          name: repositories.join().replaceAll('/', '-'),
          spec: spec({ source: { registry: 'part', repositories }, destination: { registry: 'own' } }),
        },
        insider,
      );
    for (const text of ['other/api', '**', 'team*', 'team**']) expect((await ask(text)).json(), text).toMatchObject({ code: 'forbidden' });
    for (const text of ['team/api', 'team/*']) expect((await ask(text)).statusCode, text).toBe(201);
  });
});

describe('a rule of which somebody does not see both registries', () => {
  it('keeps from them what it is called, where it stands against a deletion or a removal', async () => {
    const { world } = sync;
    world.from.put('pinned/api', imageOf(42), '1.0');
    const hidden = { source: { registry: 'from', repositories: ['pinned/*'] }, destination: { registry: 'own', repository: 'p/{name}' } };
    await sync.make('to customer x', hidden, { enabled: true, unseen: true });
    const path = '/registries/from/repositories/pinned%2Fapi/deletions';
    for (const dryRun of [true, false]) {
      const answer = await world.post(path, { references: ['1.0'], dryRun }, operator);
      expect(answer.body).toContain('sync-rule');
      expect(answer.body).not.toContain('customer x');
    }
    expect((await world.post(path, { references: ['1.0'], dryRun: true })).body).toContain('customer x');
    for (const [method, url] of [
      ['GET', '/registries/from/references'],
      ['GET', '/registries/from/credential'],
      ['DELETE', '/registries/from'],
    ] as const) {
      const answer = await sync.call(method, url, undefined, operator);
      expect(answer.body, url).toContain('sync-rule');
      expect(answer.body, url).not.toContain('customer x');
    }
  });
});
