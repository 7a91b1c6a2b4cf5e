import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { status } from '../../src/testing/index.ts';
import type { Person } from '../api/harness.ts';
import { imageOf } from './copies-world.ts';
import { type RuleAnswer, spec, startSyncRulesWorld, type SyncRulesWorld } from './sync-rules-world.ts';

let sync: SyncRulesWorld;
let operator: Person;
let viewer: Person;

beforeAll(async () => {
  sync = await startSyncRulesWorld();
  operator = await sync.world.test.addPerson('olga', 'operator');
  viewer = await sync.world.test.addPerson('vera', 'viewer');
});
afterAll(() => sync[Symbol.asyncDispose]());

const audit = async (action: string) =>
  (await sync.call('GET', `/audit?action=${action}`)).json<{
    items: { detail?: string; outcome: string; before?: object; actor: { name: string } }[];
  }>().items;
const put = (repository: string, tag: string, size = 100) => {
  const image = imageOf(size);
  sync.world.from.put(repository, image, tag);
  return image;
};
const copied = (repository: string, tag: string) => sync.world.to.content.resolve(repository, tag);

describe('from a rule to images', () => {
  it('plans, then enables, then copies by itself, and shows it all', async () => {
    const image = put('first/api', '1.0');
    const rule = await sync.make('first', {
      source: { registry: 'from', repositories: ['first/*'] },
      schedule: { every: '1h' },
    });
    expect(rule).toMatchObject({
      enabled: false,
      planned: false,
      version: 1,
      source: { name: 'from' },
      destination: { name: 'to' },
      createdBy: 'ana',
    });
    expect(rule.spec.source.registry).toBe(rule.source.id);

    const early = await sync.call('PATCH', '/sync-rules/first', { enabled: true });
    expect(early.statusCode).toBe(409);
    expect(early.json()).toMatchObject({ code: 'sync_plan_needed' });

    const plan = await sync.ended('first', 'plan');
    expect(plan).toMatchObject({
      state: 'done',
      kind: 'plan',
      counts: { tags: 1, copied: 1 },
      items: [{ action: 'copy', outcome: 'planned' }],
    });
    expect(copied('mirror/first/api', '1.0')).toBeUndefined();
    expect(await sync.rule('first')).toMatchObject({ planned: true, lastRun: { id: plan.id } });

    const enabled = await sync.call('PATCH', '/sync-rules/first', { enabled: true }, operator, 1);
    expect(enabled.json()).toMatchObject({ enabled: true, planned: true, version: 2, updatedBy: 'olga' });
    let [run] = await sync.runs('first');
    for (let i = 0; i < 200 && run?.kind !== 'run'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      [run] = await sync.runs('first');
    }
    const ended = await sync.until(run?.id ?? '', ({ finishedAt }) => finishedAt !== undefined);
    expect(ended).toMatchObject({ state: 'done', cause: 'schedule', by: { kind: 'system' }, counts: { copied: 1, failed: 0 } });
    expect(ended.counts?.bytes.moved).toBeGreaterThan(100);
    expect(copied('mirror/first/api', '1.0')).toBe(image.digest);
    const { nextRunAt = '' } = await sync.rule('first');
    expect(Date.parse(nextRunAt) - Date.now()).toBeGreaterThan(50 * 60_000);
    expect((await audit('sync-rule.finish'))[0]).toMatchObject({ outcome: 'ok', actor: { name: 'Tagboat' } });
  });

  it('takes a plan of what is not saved for seen, when it is saved as it was planned', async () => {
    put('unsaved/api', '1.0');
    const wanted = spec({ source: { registry: 'from', repositories: ['unsaved/*'] } });
    const report = await sync.call('POST', '/sync-rules/plan', { spec: wanted });
    expect(report.json()).toMatchObject({ counts: { tags: 1, copied: 1 }, items: [{ outcome: 'planned' }] });
    const other = { ...wanted, mode: 'mirror' };
    const refused = await sync.call('POST', '/sync-rules', { name: 'unsaved', spec: other, enabled: true });
    expect(refused.json()).toMatchObject({ code: 'sync_plan_needed' });
    const others = await sync.call('POST', '/sync-rules', { name: 'unsaved', spec: wanted, enabled: true }, operator);
    expect(others.json()).toMatchObject({ code: 'sync_plan_needed' });
    const made = await sync.call('POST', '/sync-rules', {
      name: 'unsaved',
      spec: { ...wanted, schedule: { cron: '0 3 * * *' } },
      enabled: true,
    });
    expect(made.json()).toMatchObject({ enabled: true, planned: true });
  });

  it('says which tag failed, and goes on with the others', async () => {
    put('half/api', '1.0');
    put('half/web', '1.0');
    sync.world.to.faults.add({ method: 'POST', path: '/mirror/half/web/blobs/uploads/', times: Infinity }, status(403));
    await sync.make('half', { source: { registry: 'from', repositories: ['half/*'] } });
    const run = await sync.ended('half', 'run');
    expect(run).toMatchObject({ state: 'failed', counts: { copied: 1, failed: 1 }, failure: { code: 'sync_incomplete' } });
    expect(run.failure?.message).toContain('mirror/half/web:1.0');
    sync.world.to.faults.clear();
    // A plan hides nothing of the run that failed.
    const planned = await sync.ended('half', 'plan');
    const ran = run.id;
    expect(await sync.rule('half')).toMatchObject({ lastRun: { id: planned.id }, lastOutcome: { id: ran, state: 'failed' } });
    const listed = (await sync.call('GET', '/sync-rules')).json<{ items: RuleAnswer[] }>().items.find(({ name }) => name === 'half');
    expect(listed).toMatchObject({ lastOutcome: { id: ran }, failing: { runs: 1, since: run.createdAt } });
    expect(await sync.ended('half', 'run')).toMatchObject({ state: 'done', counts: { copied: 1, unchanged: 1 } });
    expect((await sync.rule('half')).lastOutcome).toBeUndefined();
  });

  it('fails as a whole, and says on record why, when the source cannot be listed', async () => {
    sync.world.from.faults.add({ path: '/v2/_catalog' }, status(403));
    await sync.make('unlisted', { source: { registry: 'from', repositories: ['unlisted/*'] } });
    const run = await sync.ended('unlisted', 'run');
    expect(run).toMatchObject({ state: 'failed', failure: { code: 'registry_denied', help: expect.any(String) } });
    expect((await audit('sync-rule.finish'))[0]).toMatchObject({
      outcome: 'registry_denied',
      detail: expect.stringContaining('Asked for by ana'),
    });
    expect(await sync.rule('unlisted')).toMatchObject({ lastRun: { state: 'failed' }, planned: false });
    sync.world.from.faults.add({ path: '/v2/_catalog' }, status(403));
    expect(await sync.ended('unlisted', 'plan')).toMatchObject({ state: 'failed' });
    expect(await sync.rule('unlisted')).toMatchObject({ planned: false });
  });

  it('deletes what a mirror should not have, and has every deletion on record with its digest', async () => {
    put('gone/api', '1.0');
    const old = imageOf(10);
    for (const tag of ['0.8', '0.9']) sync.world.to.put('mirror/gone/api', old, tag);
    await sync.make('gone', { source: { registry: 'from', repositories: ['gone/*'] }, mode: 'mirror', deletionLimit: 100 });
    const run = await sync.ended('gone', 'run');
    expect(run).toMatchObject({ state: 'done', counts: { copied: 1, deleted: 2 } });
    expect(copied('mirror/gone/api', '0.9')).toBeUndefined();
    const entries = (await audit('image.delete')).filter(({ detail }) => detail?.includes('“gone”'));
    expect(entries.map(({ before }) => before)).toEqual(
      expect.arrayContaining([
        { repository: 'mirror/gone/api', digest: old.digest, tags: ['0.8'], manifest: false },
        { repository: 'mirror/gone/api', digest: old.digest, tags: ['0.9'], manifest: false },
      ]),
    );
  });
});

describe('two rules for one repository', () => {
  it('do not delete what the other one keeps there', async () => {
    put('pair-a/api', 'a1');
    put('pair-b/api', 'b1');
    const into = { registry: 'to', repository: 'pair/{name}' };
    const wanted = (name: string, include: string) => ({
      source: { registry: 'from', repositories: [`${name}/*`], tags: { include: [include] } },
      destination: into,
      mode: 'mirror',
      deletionLimit: 100,
    });
    await sync.make('pair-b', wanted('pair-b', 'b*'), { enabled: true, unseen: true });
    await sync.make('pair-a', wanted('pair-a', 'a*'));
    sync.world.to.put('pair/api', imageOf(10), 'stray');
    await sync.ended('pair-b', 'run');
    expect(copied('pair/api', 'stray')).toBeUndefined();
    const run = await sync.ended('pair-a', 'run');
    expect(run).toMatchObject({ state: 'done', counts: { copied: 1, deleted: 0 } });
    expect(run.items).toContainEqual(
      expect.objectContaining({ action: 'keep', outcome: 'kept', reason: expect.stringContaining('Another sync rule') }),
    );
    expect(copied('pair/api', 'b1')).toBeDefined();
    expect(copied('pair/api', 'a1')).toBeDefined();
  });
});

describe('saving a rule', () => {
  it('says at every field what is wrong', async () => {
    const wrong = {
      source: { registry: 'nowhere', repositories: ['Shop/['], tags: { include: ['/(/'] } },
      destination: { registry: 'to', repository: '{nothing}' },
      schedule: { every: '1s' },
    };
    const answer = await sync.call('POST', '/sync-rules', { name: 'wrong', spec: wrong });
    expect(answer.statusCode).toBe(422);
    const { fields } = answer.json<{ fields: { field: string; message: string }[] }>();
    expect(fields.map(({ field }) => field).sort()).toEqual([
      'spec.destination.repository',
      'spec.schedule.every',
      'spec.source.registry',
      'spec.source.repositories.0',
      'spec.source.tags.include.0',
    ]);
    const name = await sync.call('POST', '/sync-rules', { name: 'a/b', spec: spec() });
    expect(name.json()).toMatchObject({ code: 'invalid_settings', field: 'name' });
  });

  it('takes a name once, in whatever case', async () => {
    await sync.make('Named', { source: { registry: 'from', repositories: ['named/a'] } });
    const again = await sync.call('POST', '/sync-rules', {
      name: 'nAMED',
      spec: spec({ source: { registry: 'from', repositories: ['named/b'] } }),
    });
    expect(again.statusCode).toBe(409);
    expect(again.json()).toMatchObject({ code: 'already_exists' });
    expect(await sync.rule('NAMED')).toMatchObject({ name: 'Named' });
  });

  it('keeps one of two edits, and tells the other who was faster', async () => {
    await sync.make('edited', { source: { registry: 'from', repositories: ['edited/*'] } });
    const mine = sync.call(
      'PATCH',
      '/sync-rules/edited',
      { spec: spec({ source: { registry: 'from', repositories: ['edited/a'] } }) },
      operator,
      1,
    );
    const yours = sync.call(
      'PATCH',
      '/sync-rules/edited',
      { spec: spec({ source: { registry: 'from', repositories: ['edited/b'] } }) },
      operator,
      1,
    );
    const answers = await Promise.all([mine, yours]);
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 412]);
    const lost = answers.find(({ statusCode }) => statusCode === 412);
    expect(lost?.json()).toMatchObject({ code: 'precondition_failed', detail: expect.stringContaining('changed by olga') });
    const read = await sync.call('GET', '/sync-rules/edited');
    expect(read.headers.etag).toBe('"2"');
  });

  it('asks for another plan when an enabled rule is to do something else, not when it only gets another name or time', async () => {
    await sync.make('steady', { source: { registry: 'from', repositories: ['steady/*'] } }, { enabled: true, unseen: true });
    await sync.ended('steady', 'plan');
    const renamed = await sync.call('PATCH', '/sync-rules/steady', { name: 'calm' });
    expect(renamed.json()).toMatchObject({ name: 'calm', planned: true });
    const sooner = await sync.call('PATCH', '/sync-rules/calm', {
      spec: spec({ source: { registry: 'from', repositories: ['steady/*'] }, schedule: { every: '7d' } }),
    });
    expect(sooner.json()).toMatchObject({ planned: true, enabled: true });
    const more = { spec: spec({ source: { registry: 'from', repositories: ['steady/**'] } }) };
    expect((await sync.call('PATCH', '/sync-rules/calm', more)).json()).toMatchObject({ code: 'sync_plan_needed' });
    expect((await sync.call('PATCH', '/sync-rules/calm', { ...more, enabled: false })).json()).toMatchObject({
      enabled: false,
      planned: false,
    });
    expect((await sync.call('PATCH', '/sync-rules/calm', { enabled: true })).json()).toMatchObject({ code: 'sync_plan_needed' });
    expect((await sync.call('PATCH', '/sync-rules/calm', { enabled: true, unseen: true })).json()).toMatchObject({ enabled: true });
    expect((await sync.call('POST', '/sync-rules/calm/runs', { kind: 'run' })).statusCode).toBe(202);
  });

  it('does not run by hand what nobody has seen a plan of', async () => {
    await sync.make('blind', { source: { registry: 'from', repositories: ['blind/*'] } });
    expect((await sync.call('POST', '/sync-rules/blind/runs', { kind: 'run' })).json()).toMatchObject({ code: 'sync_plan_needed' });
    await sync.ended('blind', 'plan');
    expect((await sync.call('POST', '/sync-rules/blind/runs', { kind: 'run' })).statusCode).toBe(202);
  });
});

describe('one plan or run at a time', () => {
  it('names the one that is under way, and stops it promptly', async () => {
    const image = put('slow/api', '1.0', 4 * 1024 * 1024);
    await sync.make('slow', { source: { registry: 'from', repositories: ['slow/*'] }, settings: { bandwidth: 64 * 1024 } });
    const run = await sync.start('slow', 'run');
    await sync.until(run.id, ({ state, progress }) => state === 'running' && progress?.phase === 'tags');
    const second = await sync.call('POST', '/sync-rules/slow/runs', { kind: 'plan' });
    expect(second.statusCode).toBe(409);
    expect(second.json()).toMatchObject({ code: 'sync_running', references: [{ kind: 'sync-run', id: run.id }] });
    const removal = await sync.call('DELETE', '/sync-rules/slow');
    expect(removal.json()).toMatchObject({ code: 'sync_running' });
    const asked = Date.now();
    await sync.call('POST', `/sync-runs/${run.id}/cancel`, undefined, operator);
    const ended = await sync.until(run.id, ({ finishedAt }) => finishedAt !== undefined);
    expect(Date.now() - asked).toBeLessThan(1500);
    expect(ended).toMatchObject({ state: 'canceled', canceling: false });
    expect(copied('mirror/slow/api', '1.0')).not.toBe(image.digest);
    expect((await audit('sync-rule.cancel'))[0]).toMatchObject({ actor: { name: 'olga' } });
    expect((await sync.call('POST', `/sync-runs/${run.id}/cancel`)).json()).toMatchObject({ state: 'canceled' });
    expect((await sync.call('DELETE', '/sync-rules/slow')).statusCode).toBe(204);
    expect((await sync.call('GET', `/sync-runs/${run.id}`)).statusCode).toBe(404);
    expect(await audit('sync-rule.remove')).toHaveLength(1);
  });

  it('keeps a registry that a rule uses', async () => {
    await sync.world.connect('kept', sync.world.to);
    const rule = await sync.make('keeper', { destination: { registry: 'kept', repository: 'kept/{repository}' } });
    const refused = await sync.call('DELETE', '/registries/kept');
    expect(refused.json()).toMatchObject({ code: 'in_use', references: [{ kind: 'sync-rule', id: rule.id, name: 'keeper' }] });
    await sync.call('DELETE', '/sync-rules/keeper');
    expect((await sync.call('DELETE', '/registries/kept')).statusCode).toBe(204);
  });
});

describe('who may', () => {
  it('look, and not touch, is a viewer', async () => {
    const rule = await sync.make('looked-at', { source: { registry: 'from', repositories: ['looked/*'] } });
    expect((await sync.call('GET', '/sync-rules/looked-at', undefined, viewer)).statusCode).toBe(200);
    expect((await sync.call('GET', `/sync-rules/${rule.id}/runs`, undefined, viewer)).statusCode).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/sync-rules', { name: 'x', spec: spec() }],
      ['PATCH', '/sync-rules/looked-at', { name: 'y' }],
      ['DELETE', '/sync-rules/looked-at', undefined],
      ['POST', '/sync-rules/looked-at/runs', { kind: 'plan' }],
      ['POST', '/sync-rules/plan', { spec: spec() }],
    ] as const) {
      expect((await sync.call(method, path, body, viewer)).statusCode, `${method} ${path}`).toBe(403);
    }
  });

  it('does not see rules of which one registry is out of sight, nor use such a registry', async () => {
    const project = (await sync.call('POST', '/projects', { name: 'secret' })).json<{ id: string }>().id;
    await sync.world.connect('hidden', sync.world.from, { allProjects: false, projects: [project] });
    const hiding = { source: { registry: 'hidden', repositories: ['hidden/*'] } };
    const rule = await sync.make('hiding', hiding);
    const run = await sync.ended('hiding', 'plan');
    for (const path of ['/sync-rules/hiding', `/sync-rules/${rule.id}`, '/sync-rules/hiding/runs', `/sync-runs/${run.id}`]) {
      expect((await sync.call('GET', path, undefined, operator)).statusCode, path).toBe(404);
    }
    const listed = (await sync.call('GET', '/sync-rules', undefined, operator)).json<{ items: { name: string }[] }>().items;
    expect(listed.map(({ name }) => name)).not.toContain('hiding');
    const used = await sync.call('POST', '/sync-rules', { name: 'mine', spec: spec(hiding) }, operator);
    expect(used.json()).toMatchObject({ code: 'invalid_settings', fields: [{ field: 'spec.source.registry' }] });
  });
});

describe('rules that would go round', () => {
  const oneWay = (from: string, to: string, repository: string) =>
    spec({ source: { registry: from, repositories: [repository] }, destination: { registry: to } });

  it('are refused, by the names of those that one may see', async () => {
    const project = (await sync.call('POST', '/projects', { name: 'round' })).json<{ id: string }>().id;
    await sync.world.connect('far', sync.world.to, {
      allProjects: false,
      projects: [project],
      url: sync.world.to.url.replace('127.0.0.1', 'localhost'),
    });
    const enabled = { enabled: true, unseen: true };
    await sync.call('POST', '/sync-rules', { name: 'there', spec: oneWay('to', 'far', 'round/api'), ...enabled });
    const answer = await sync.call('POST', '/sync-rules', { name: 'back', spec: oneWay('far', 'to', 'round/api') });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'sync_loop', references: [{ kind: 'sync-rule', name: 'there' }] });
    expect(answer.json<{ detail: string }>().detail).toMatch(/“there” → “back”|“back” → “there”/);

    const own = await sync.call('POST', '/sync-rules', {
      name: 'own',
      spec: spec({
        source: { registry: 'to', repositories: ['round/**'] },
        destination: { registry: 'to', repository: 'round/x/{repository}' },
      }),
    });
    expect(own.json()).toMatchObject({ code: 'sync_loop' });
  });

  it('are refused when the second of them is enabled, also when both are at once', async () => {
    const a = await sync.call('POST', '/sync-rules', { name: 'both-a', spec: oneWay('from', 'to', 'both/api') });
    const b = await sync.call('POST', '/sync-rules', { name: 'both-b', spec: oneWay('to', 'from', 'both/api') });
    expect([a.statusCode, b.statusCode]).toEqual([201, 201]);
    const enable = (name: string) => sync.call('PATCH', `/sync-rules/${name}`, { enabled: true, unseen: true });
    const answers = await Promise.all([enable('both-a'), enable('both-b')]);
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  it('say no more than “another rule” of one that is out of sight', async () => {
    const project = (await sync.call('POST', '/projects', { name: 'veil' })).json<{ id: string }>().id;
    await sync.world.connect('veiled', sync.world.from, { allProjects: false, projects: [project] });
    const enabled = { enabled: true, unseen: true };
    // Of the same host as `from`, which everybody sees.
    await sync.call('POST', '/sync-rules', { name: 'covert', spec: oneWay('to', 'veiled', 'veil/api'), ...enabled });
    const answer = await sync.call('POST', '/sync-rules', { name: 'open', spec: oneWay('from', 'to', 'veil/api'), ...enabled }, operator);
    expect(answer.json()).toMatchObject({ code: 'sync_loop' });
    expect(answer.body).toContain('another rule');
    expect(answer.body).not.toContain('covert');
  });
});
