import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestHub, type TestHub } from './harness.ts';

let dataDir: string;
let test: TestHub;
let as: Person;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tagboat-loss-'));
  const before = await startTestHub({ dataDir });
  const payload = {
    name: 'prod',
    provider: 'generic',
    url: 'https://registry.example',
    signIn: 'password',
    fields: { username: 'ci', password: 'a secret' },
  };
  const created = await before.request({ method: 'POST', url: '/api/v1/registries', as: before.administrator, payload });
  if (created.statusCode !== 201) throw new Error(created.body);
  await before.close();
  await rm(join(dataDir, 'master.key'));
  test = await startTestHub({ dataDir });
  as = test.administrator;
});
afterAll(async () => {
  await test.close();
  await rm(dataDir, { recursive: true, force: true });
});

const about = async () => (await test.request({ url: '/api/v1/about', as })).json<{ keys: string }>();
const registry = async () => (await test.request({ url: '/api/v1/registries/prod', as })).json<{ secretsLost: boolean }>();

describe('a hub whose master key is gone', () => {
  it('starts, and says which secrets have to be entered again', async () => {
    expect(await about()).toMatchObject({ keys: 'lost' });
    expect(await registry()).toMatchObject({ secretsLost: true });
  });

  it('takes no secret until the loss is accepted', async () => {
    const answer = await test.request({
      method: 'PATCH',
      url: '/api/v1/registries/prod',
      as,
      payload: { fields: { password: 'entered again' } },
    });
    expect(answer.json()).toMatchObject({ status: 503, code: 'key_lost', fault: 'hub' });
  });

  it('lets an administrator accept it, and then takes the secrets again', async () => {
    const operator = await test.addPerson('operator', 'operator');
    expect((await test.request({ method: 'POST', url: '/api/v1/keys/loss', as: operator })).statusCode).toBe(403);
    expect((await test.request({ method: 'POST', url: '/api/v1/keys/loss', as })).statusCode).toBe(204);
    expect(await about()).toMatchObject({ keys: 'ready' });
    expect(await registry()).toMatchObject({ secretsLost: true });
    const entered = await test.request({
      method: 'PATCH',
      url: '/api/v1/registries/prod',
      as,
      payload: { fields: { password: 'entered again' } },
    });
    expect(entered.json()).toMatchObject({ secretsLost: false, secretsSet: ['password'] });
    const audit = await test.request({ url: '/api/v1/audit?action=hub', as });
    expect(audit.json()).toMatchObject({ items: [{ action: 'hub.key-loss-accepted', actor: { name: 'ana' } }, { action: 'hub.setup' }] });
  });
});
