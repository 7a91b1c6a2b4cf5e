import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertList, CredentialDetail } from '../../src/sdk/index.ts';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

let hub: HubProcess;
let program: Tagboat;
let registry: TestRegistry;
let env: Record<string, string>;

beforeAll(async () => {
  registry = await startRegistry({ auth: { kind: 'basic', users: { ci: 'first' } } });
  registry.put('app', buildImage(), '1.0');
  [hub, program] = await Promise.all([startHubProcess({ entry: 'src/main.ts', args: ['--background-checks', 'no'] }), tagboat()]);
  const admin = await setUpHub(hub);
  env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
  await admin.hub.createRegistry({
    name: 'prod',
    provider: 'generic',
    url: registry.url,
    signIn: 'password',
    fields: { username: 'ci', password: 'first' },
    secretEndsAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
  });
});
afterAll(async () => {
  await Promise.all([hub?.stop(), program?.[Symbol.asyncDispose](), registry?.close()]);
});

const run = (args: readonly string[], input?: string) => program.run(args, { env, ...(input !== undefined && { input }) });

describe('tagboat credential', () => {
  it('shows and refreshes, and shows what it would do', async () => {
    expect((await run(['credential', 'refresh', 'prod', '--dry-run'])).stdout).toContain('POST /api/v1/registries/prod/credential/refresh');
    const refreshed = await run(['credential', 'refresh', 'prod']);
    expect(refreshed).toMatchObject({ code: 0, stdout: expect.stringContaining('The credential of prod is new') });
    const shown = await run(['credential', 'show', 'prod']);
    expect(shown.stdout).toMatch(/credential\s+basic \(ci\)/);
    expect(shown.stdout).toMatch(/ends\s+Stored secret: \d{4}-\d\d-\d\d, in \d d/);
    expect(shown.stdout).toMatch(/warning Stored secret of “prod” ends on/);
    expect(shown.stdout).not.toContain('first');
    const detail = await program.json<CredentialDetail>(['credential', 'show', 'prod'], { env });
    expect(detail).toMatchObject({ registry: { name: 'prod' }, credential: { kind: 'basic' } });
  });

  it('prepares, tests, promotes and goes back', async () => {
    const failing = await run(['credential', 'next', 'prod', '--password-stdin'], 'second\n');
    expect(failing).toMatchObject({ code: 1, stderr: expect.stringContaining('The credential in use is not touched') });
    expect(await run(['credential', 'promote', 'prod', '--yes'])).toMatchObject({ code: 1 });
    registry.auth.setPassword('ci', 'second');
    expect(await run(['credential', 'next', 'prod', '--again'])).toMatchObject({ code: 0 });
    expect(await run(['credential', 'promote', 'prod'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const promoted = await run(['credential', 'promote', 'prod', '--yes']);
    expect(promoted).toMatchObject({ code: 0, stdout: expect.stringContaining('uses its next credential now') });
    expect(await run(['registry', 'test', 'prod'])).toMatchObject({ code: 0 });
    expect(await run(['credential', 'rollback', 'prod', '--yes'])).toMatchObject({ code: 0 });
    expect(await run(['credential', 'next', 'prod', '--discard'])).toMatchObject({ code: 0 });
    expect((await program.json<CredentialDetail>(['credential', 'show', 'prod'], { env })).next).toBeUndefined();
    expect(await run(['credential', 'next', 'prod'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing was entered') });
    const dry = await run(['credential', 'next', 'prod', '--password-stdin', '--dry-run'], 'third');
    expect(dry.stdout).toContain('PUT /api/v1/registries/prod/credential/next');
    expect(dry.stdout).not.toContain('third');
  });
});

describe('tagboat alerts', () => {
  it('lists and acknowledges, and ends with 0 in any case', async () => {
    const { items } = await program.json<AlertList>(['alerts'], { env });
    expect(items).toMatchObject([{ level: 'warning', registry: { name: 'prod' } }]);
    expect(await run(['alerts', '--acknowledge', items[0]?.id ?? ''])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Acknowledged'),
    });
    expect(await run(['alerts', '--open'])).toMatchObject({ code: 0, stdout: 'There is nothing to see to.\n' });
    expect((await run(['alerts'])).stdout).toContain('sees to it');
    expect((await run(['alerts', '--level', 'critical', '--quiet'])).stdout).toBe('');
  });
});
