import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { imageOf, isWhole } from '../copy/copy-world.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const small = imageOf([50_000, 2000]);
const big = imageOf([3_000_000, 1000]);
const forever = { times: Number.POSITIVE_INFINITY };

let from: TestRegistry;
let to: TestRegistry;
let program: Tagboat;
let hub: HubProcess;
let admin: Administrator;
let env: Record<string, string>;

beforeAll(async () => {
  [from, to, program, hub] = await Promise.all([startRegistry(), startRegistry(), tagboat(), startHubProcess({ entry: 'src/main.ts' })]);
  from.put('shop/api', small, '1.0');
  from.put('shop/big', big, '1.0');
  admin = await setUpHub(hub);
  env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
  await admin.hub.createRegistry({ name: 'from', url: from.url, provider: 'generic', signIn: 'anonymous' });
  await admin.hub.createRegistry({ name: 'to', url: to.url, provider: 'generic', signIn: 'anonymous' });
});
afterAll(async () => {
  await hub?.stop();
  await Promise.all([from?.close(), to?.close(), program?.[Symbol.asyncDispose]()]);
});

interface Listed {
  items: { id: string; state: string; source: { reference: string }; destination: { tags: string[] } }[];
}

describe('tagboat copy --on-hub', () => {
  it('has the hub make it, and tells how it went', async () => {
    const done = await program.run(['copy', 'from/shop/api:1.0', 'to/prod/api', 'to/prod/api:stable', '--on-hub'], { env });
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Copied to to\/prod\/api:1\.0, stable\..*3 blobs sent.*\nDigest: sha256:/),
    });
    expect([isWhole(to, 'prod/api', small), to.content.tags('prod/api')]).toEqual([true, ['1.0', 'stable']]);
    const again = await program.run(['copy', 'from/shop/api:1.0', 'to/prod/api', '--on-hub', '--json'], { env });
    const events = again.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; copy: { result?: object } });
    expect(events.at(-1)).toMatchObject({ event: 'copy', copy: { state: 'done', result: { outcome: 'unchanged' } } });
  });

  it('plans without starting anything', async () => {
    const plan = await program.run(['copy', 'from/shop/api:1.0', 'to/plan/api', '--on-hub', '--dry-run'], { env });
    expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('Would copy to to/plan/api:1.0.') });
    expect(to.content.has('plan/api')).toBe(false);
    expect((await program.json<Listed>(['copies', 'list', '--repository', 'plan/api'], { env })).items).toEqual([]);
  });

  it('fails with the side, the words of the registry and how to try again', async () => {
    const refusing = to.faults.add({ method: 'POST', path: '/refused/', ...forever }, { answer: { status: 403 } });
    const failed = await program.run(['copy', 'from/shop/api:1.0', 'to/refused/api', '--on-hub'], { env });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/Registry: Writing to .*refused\/api failed\..*\nNext: .*tagboat copies retry (\S+)/s);
    refusing.remove();
    const id = /copies retry (\S+)/.exec(failed.stderr)?.[1] ?? '';
    const retried = await program.run(['copies', 'retry', id, '--follow'], { env });
    expect(retried).toMatchObject({ code: 0, stdout: expect.stringContaining('Copied to to/refused/api:1.0.') });
    expect(isWhole(to, 'refused/api', small)).toBe(true);
  });

  it('Ctrl-C cancels it at the hub and says so', async () => {
    const hold = from.faults.add({ method: 'GET', path: '/shop/big/blobs/', ...forever }, { delay: 60_000 });
    const child = program.start(['copy', 'from/shop/big:1.0', 'to/canceled/big', '--on-hub'], env);
    let shown = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (shown += text));
    await expect.poll(() => hold.struck, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(130);
    expect(shown).toMatch(/Canceling it at the hub.*\ncpy_\S+: (about to end|canceled)\./);
    hold.remove();
    await expect
      .poll(async () => (await admin.hub.listCopies({ repository: 'canceled/big' })).items[0]?.state, { timeout: 10_000 })
      .toBe('canceled');
    expect(to.content.tags('canceled/big')).toEqual([]);
  });

  it('--detach leaves it to the hub; it is listed, shown, followed and canceled by its id', async () => {
    const hold = from.faults.add({ method: 'GET', path: '/shop/big/blobs/', ...forever }, { delay: 60_000 });
    const { stdout, code } = await program.run(['copy', 'from/shop/big:1.0', 'to/detached/big', '--on-hub', '--detach', '-q'], { env });
    const id = stdout.trim();
    expect([code, id]).toEqual([0, expect.stringMatching(/^cpy_/)]);
    expect((await program.json<Listed>(['copies', 'list', '--state', 'open'], { env })).items).toMatchObject([
      { id, destination: { tags: ['1.0'] } },
    ]);
    expect((await program.run(['copies', 'show', id], { env })).stdout).toMatch(/From +from\/shop\/big:1\.0\n.*to\/detached\/big:1\.0/s);
    const following = program.run(['copies', 'follow', id], { env });
    expect((await program.run(['copies', 'cancel', id], { env })).code).toBe(0);
    expect(await following).toMatchObject({ code: 1, stderr: expect.stringContaining('was canceled: its tags are as they were.') });
    hold.remove();
    expect((await program.run(['copies', 'list'], { env })).stdout).toMatch(new RegExp(`${id} +canceled +from/shop/big:1.0`));
  });

  it.each<[string, string[], RegExp]>([
    ['this machine’s disk', ['oci:./x', 'to/x/y', '--on-hub'], /on this machine, which the hub cannot reach/],
    [
      'flags of a direct connection',
      ['from/shop/api:1.0', 'to/x/y', '--on-hub', '--dest-plain-http'],
      /--dest-plain-http and --on-hub exclude/,
    ],
    ['what the hub does not know', ['127.0.0.1:1/a/b:1', 'to/x/y', '--on-hub'], /has no registry for/],
    ['--detach alone', ['from/shop/api:1.0', 'to/x/y', '--detach'], /Add --on-hub/],
    ['--all-tags', ['from/shop/api', 'to/x/y', '--on-hub', '--all-tags'], /tagboat sync/],
  ])('does not take %s', async (_what, args, words) => {
    const refused = await program.run(['copy', ...args], { env });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(words)]);
  });
});
