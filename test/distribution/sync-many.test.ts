import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { status } from '../../src/testing/index.ts';
import type { Person } from '../api/harness.ts';
import { imageOf } from './copies-world.ts';
import { type RuleAnswer, spec, startSyncRulesWorld, type SyncRulesWorld } from './sync-rules-world.ts';

let sync: SyncRulesWorld;
beforeAll(async () => {
  sync = await startSyncRulesWorld();
});
afterAll(() => sync[Symbol.asyncDispose]());

const page = async (query: string) => {
  const answer = await sync.call('GET', `/sync-rules?${query}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<{ items: RuleAnswer[]; next?: string; total: number }>();
};

describe('many rules', () => {
  const names = ['delta', 'Alpha', 'echo', 'bravo', 'Charlie'];

  it('are listed page by page, by name in whatever case, each with its history', async () => {
    for (const name of names) await sync.make(name, { source: { registry: 'from', repositories: [`${name.toLowerCase()}/*`] } });
    sync.world.from.put('charlie/api', imageOf(10), '1');
    const run = await sync.ended('Charlie', 'run');
    const plan = await sync.ended('Charlie', 'plan');
    const first = await page('limit=2');
    expect([first.items.map(({ name }) => name), first.total]).toEqual([['Alpha', 'bravo'], 5]);
    // What comes and goes between two pages neither hides nor repeats another.
    await sync.call('DELETE', '/sync-rules/bravo');
    await sync.make('aardvark', { source: { registry: 'from', repositories: ['aardvark/*'] } });
    const second = await page(`limit=2&cursor=${first.next}`);
    expect(second.items.map(({ name }) => name)).toEqual(['Charlie', 'delta']);
    expect(second.items[0]).toMatchObject({ lastRun: { id: plan.id }, lastOutcome: { id: run.id, counts: { copied: 1 } } });
    expect(second.items[1]?.lastRun).toBeUndefined();
    const last = await page(`limit=2&cursor=${second.next}`);
    expect([last.items.map(({ name }) => name), last.next]).toEqual([['echo'], undefined]);
  });

  it('are filtered before they are counted and cut', async () => {
    expect(await page('q=a&limit=1')).toMatchObject({ items: [{ name: 'aardvark' }], total: 4 });
    expect(await page('registry=to&enabled=false&limit=3')).toMatchObject({ items: [{}, {}, {}], total: 5 });
    expect(await page('registry=nowhere')).toEqual({ items: [], total: 0 });
    const wrong = await sync.call('GET', '/sync-rules?cursor=bm90');
    expect([wrong.statusCode, wrong.json<{ code: string }>().code]).toEqual([400, 'invalid_cursor']);
  });
});

describe('plans of what is not saved', () => {
  it('are two at a time for each person and four in all, and who asks for more is told when to come again', async () => {
    const people = await Promise.all(['olga', 'pavel', 'quinn'].map((name) => sync.world.test.addPerson(name, 'operator')));
    const [olga, pavel, quinn] = people as [Person, Person, Person];
    sync.world.from.put('planned/api', imageOf(10), '1');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    sync.world.from.faults.add({ path: '/planned/api/tags/list', times: 4 }, { hold: held });
    const asked = () => sync.world.from.requests.filter(({ path }) => path.includes('/planned/api/tags/list')).length;
    const body = { spec: spec({ source: { registry: 'from', repositories: ['planned/api'] } }) };
    const plan = (as: Person) => sync.call('POST', '/sync-rules/plan', body, as);
    const until = async (count: number) => {
      for (let i = 0; asked() < count; i++) {
        if (i > 500) throw new Error(`${count} plans never began`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const running = [plan(olga), plan(olga)];
    await until(2);
    const third = await plan(olga);
    expect([third.statusCode, third.headers['retry-after']]).toEqual([429, '15']);
    expect(third.json()).toMatchObject({
      code: 'sync_plans_limited',
      detail: '2 plans of settings that are not saved are under way for you already.',
      help: expect.stringContaining('save the rule and have it planned'),
      retryAfter: 15,
    });
    running.push(plan(pavel), plan(pavel));
    await until(4);
    const fifth = await plan(quinn);
    expect(fifth.json()).toMatchObject({ code: 'sync_plans_limited', detail: expect.stringContaining('at this hub') });
    // What is saved waits in a queue instead.
    await sync.make('queued', { source: { registry: 'from', repositories: ['queued/*'] } });
    expect((await sync.ended('queued', 'plan')).state).toBe('done');
    release();
    for (const one of await Promise.all(running)) expect(one.json()).toMatchObject({ counts: { tags: 1, copied: 1 } });
    expect((await plan(olga)).statusCode).toBe(200);
    // One that fails makes room, too.
    sync.world.from.faults.add({ path: '/v2/_catalog', times: 3 }, status(403));
    const refused = { spec: spec({ source: { registry: 'from', repositories: ['planned/*'] } }) };
    for (let i = 0; i < 3; i++)
      expect((await sync.call('POST', '/sync-rules/plan', refused, quinn)).json()).toMatchObject({ code: 'registry_denied' });
    expect((await plan(quinn)).statusCode).toBe(200);
  });
});
