import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { password, startTestHub, type TestHub } from './harness.ts';

const secrets = {
  registry: 'ENTERED-registry-password',
  wrong: 'ENTERED-wrong-password',
  proxy: 'ENTERED-proxy-password',
  passphrase: 'ENTERED-passphrase',
};

let test: TestHub;
let upstream: TestRegistry;
let log = '';
const answers: string[] = [];

beforeAll(async () => {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk);
      done();
    },
  });
  test = await startTestHub({}, { logger: { level: 'debug', stream } });
  upstream = await startRegistry({ auth: { kind: 'basic', users: { ci: secrets.registry } } });
});
afterAll(async () => {
  await test.close();
  await upstream.close();
});

async function send(method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object): Promise<void> {
  const answer = await test.request({ method, url: `/api/v1${url}`, as: test.administrator, ...(payload && { payload }) });
  answers.push(`${answer.body}\n${JSON.stringify(answer.headers)}`);
}

it('nothing secret that was entered is in an answer, the log, the audit trail or the database', async () => {
  const registry = {
    name: 'one',
    provider: 'generic',
    url: upstream.url,
    signIn: 'password',
    fields: { username: 'ci', password: secrets.registry },
    connection: { tls: 'plain' },
  };
  const proxy = `http://proxy-user:${secrets.proxy}@127.0.0.1:1`;
  await send('POST', '/registries', registry);
  await send('POST', '/registries', { ...registry, name: 'two', connection: { tls: 'plain', proxy } });
  await send('POST', '/registries', {
    ...registry,
    name: 'three',
    connection: { tls: 'verify', clientCertificate: { cert: 'no PEM', key: 'no PEM', passphrase: secrets.passphrase } },
  });
  await send('POST', '/registries', { ...registry, name: 'four', url: `https://ci:${secrets.registry}@registry.example` });
  await send('POST', '/registries', {
    ...registry,
    name: 5,
    fields: { username: 'ci', password: secrets.registry, passwrd: secrets.wrong },
  });
  await send('PATCH', '/registries/one', { fields: { password: secrets.wrong } });
  await send('POST', '/registries/one/test', {});
  await send('POST', '/registries/two/test', {});
  await send('POST', '/registries/test', { registry: { ...registry, name: 'x', fields: { username: 'ci', password: secrets.wrong } } });
  await send('GET', '/registries/one/repositories?refresh=true');
  await send('GET', '/registries/two/repositories?refresh=true');
  await send('GET', '/registries');
  await send('GET', '/registries/two/check');
  await send('GET', '/audit?limit=1000');
  await send('POST', '/session', { name: 'ana', password: secrets.wrong });

  expect(answers).toHaveLength(15);
  expect(log).toContain('"path":"/api/v1/registries"');
  expect(log).toContain('"msg":"asked a registry"');
  const all = { answers: answers.join('\n'), log, database: await databaseFiles() };
  for (const [place, text] of Object.entries(all)) {
    for (const secret of [...Object.values(secrets), password]) {
      for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, -4), encodeURIComponent(secret)]) {
        expect(text.includes(form), `${form} in ${place}`).toBe(false);
      }
    }
  }
});

async function databaseFiles(): Promise<string> {
  const folder = test.dataDir;
  const files = await readdir(folder);
  expect(files).toContain('tagboat.db');
  const contents = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
  return contents.join('\n');
}
