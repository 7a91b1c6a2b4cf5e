import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { fakeTerminal } from '../../src/cli/testing/terminal.ts';
import type { ImportPlan, ImportResult, Registry } from '../../src/sdk/index.ts';
import { startTestHub, type TestHub } from '../api/harness.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const secret = 'cli-import-S3cret';
let folder: TemporaryDirectory;
let hub: TestHub;
let url: string;
let token: string;
let printed = '';

beforeAll(async () => {
  folder = await temporaryDirectory('tagboat-import-cli');
  hub = await startTestHub();
  url = await hub.listen();
  const made = await hub.request({
    method: 'POST',
    url: '/api/v1/tokens',
    as: hub.administrator,
    payload: { name: 'cli', role: 'administrator' },
  });
  token = made.json<{ secret: string }>().secret;
});
afterAll(async () => {
  await hub?.close();
  await folder?.[Symbol.asyncDispose]();
});

async function run(args: readonly string[], { input = '' }: { input?: string } = {}) {
  const io = fakeTerminal({ home: folder.path, env: { TAGBOAT_URL: url, TAGBOAT_TOKEN: token } });
  io.stdin.end(input);
  const code = await runCli(args, io);
  printed += io.stdout.text + io.stderr.text;
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

/** Runs on a terminal: each answer is typed when its question stands there. */
async function onTerminal(args: readonly string[], answers: readonly [question: string, answer: string][]) {
  const io = fakeTerminal({ isTTY: true, home: folder.path, env: { TAGBOAT_URL: url, TAGBOAT_TOKEN: token, NO_COLOR: '1' } });
  const ended = runCli(args, io);
  for (const [question, answer] of answers) {
    await expect.poll(() => io.stderr.text, { timeout: 20_000 }).toContain(question);
    io.stdin.write(`${answer}\r`);
  }
  const code = await ended;
  printed += io.stdout.text + io.stderr.text;
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

const file = async (name: string, content: string | object) => {
  const path = join(folder.path, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const names = async () =>
  (await hub.request({ url: '/api/v1/registries', as: hub.administrator })).json<{ items: Registry[] }>().items.map(({ name }) => name);

describe('tagboat import', () => {
  it('shows a plan first, and changes nothing with --dry-run', async () => {
    const path = await file('config.json', { auths: { 'one.test': { username: 'ci', password: secret } }, HttpHeaders: { a: 'b' } });
    const { code, stdout } = await run(['import', 'docker-config', path, '--dry-run']);
    expect(code).toBe(0);
    for (const text of ['one', 'one.test', 'HttpHeaders', 'Nothing was changed.']) expect(stdout).toContain(text);
    const { plan } = JSON.parse((await run(['import', 'docker-config', path, '--dry-run', '--json'])).stdout) as { plan: ImportPlan };
    expect(plan.entries).toMatchObject([{ action: 'create', secrets: [{ state: 'found' }] }]);
    expect(await names()).toEqual([]);
  });

  it('asks on a terminal, and takes no for an answer', async () => {
    const path = await file('config.json', { auths: { 'one.test': { username: 'ci', password: secret } } });
    expect((await onTerminal(['import', 'docker-config', path], [['Create 1 registry at the hub?', 'n']])).code).toBe(1);
    expect(await names()).toEqual([]);
    const { code, stdout } = await onTerminal(['import', 'docker-config', path], [['Create 1 registry at the hub?', 'y']]);
    expect([code, stdout.includes('Created one.')]).toEqual([0, true]);
    expect((await run(['import', 'docker-config', path])).stdout).toContain('Nothing to do.');
  });

  it('needs --yes without a terminal, reads standard input, and takes --only what was named', async () => {
    const input = JSON.stringify({ auths: { 'two.test': { username: 'ci', password: secret }, 'three.test': {} } });
    expect((await run(['import', 'docker-config', '-'], { input })).code).toBe(2);
    const { code, stdout } = await run(['import', 'docker-config', '-', '--yes', '--only', 'three', '--json'], { input });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as ImportResult).outcomes).toMatchObject([{ name: 'three', outcome: 'created' }]);
    expect((await run(['import', 'docker-config', '-', '--yes', '--only', 'nobody'], { input })).code).toBe(2);
  });

  it('asks for missing secrets, or says the command that gives them', async () => {
    const path = await file('harbor.json', [
      { name: 'inner', type: 'harbor', url: 'https://harbor.test', credential: { access_key: 'ana', access_secret: '*****' } },
    ]);
    const lacking = await run(['import', 'harbor', path, '--yes']);
    expect([lacking.code, await names()]).toEqual([1, ['one', 'three']]);
    expect(lacking.stderr).toContain('--secret-file inner.password=<path>');
    const given = await run([
      'import',
      'harbor',
      path,
      '--yes',
      '--secret-file',
      `inner.password=${await file('secret.txt', `${secret}\n`)}`,
    ]);
    expect([given.code, await names()]).toEqual([0, ['inner', 'one', 'three']]);
    const other = await file('harbor.json', [
      { name: 'outer', type: 'harbor', url: 'https://outer.test', credential: { access_key: 'ana' } },
    ]);
    const asked = await onTerminal(['import', 'harbor', other, '--yes'], [['of outer, empty leaves it out', secret]]);
    expect([asked.code, asked.stdout.includes('Created outer.')]).toEqual([0, true]);
  });

  it('asks for plain fields that are missing, or takes them by flag, and no secret by it', async () => {
    const path = await file('zadig.json', [{ address: 'https://zadig-a.test', provider: 'native', namespace: 'a' }]);
    const pass = await file('secret.txt', secret);
    const flagged = ['import', 'zadig', path, '--yes', '--field', 'zadig-a-a.username=ci', '--secret-file', `zadig-a-a.password=${pass}`];
    const leaked = await run(['import', 'zadig', path, '--yes', '--field', 'zadig-a-a.password=typed-by-mistake']);
    expect([leaked.code, (leaked.stdout + leaked.stderr).includes('typed-by-mistake')]).toEqual([2, false]);
    expect((await run(flagged)).code).toBe(0);
    const other = await file('zadig.json', [{ address: 'https://zadig-b.test', provider: 'native', namespace: 'b' }]);
    const asked = await onTerminal(
      ['import', 'zadig', other, '--yes'],
      [
        ['username, empty leaves it out', 'ci'],
        ['of zadig-b-b, empty leaves it out', secret],
      ],
    );
    expect([asked.code, asked.stdout.includes('Created zadig-b-b.')]).toEqual([0, true]);
  });

  it('ends with 1 when an entry fails, and the others are there', async () => {
    const input = 'registries:\n- {name: bad, api_url: "https://b a d"}\n- {name: fine, api_url: "https://fine.test", prefix: fine.test}\n';
    const { code, stdout } = await run(['import', 'argocd-image-updater', '-', '--yes'], { input });
    expect([code, (await names()).includes('fine')]).toEqual([1, true]);
    expect(stdout).toContain('bad');
  });

  it('says what is wrong with a document, and where', async () => {
    const { code, stderr } = await run(['import', 'regsync', await file('regsync.yml', 'creds:\n\t- x')]);
    expect(code).toBe(1);
    expect(stderr).toContain('regsync.yml is not valid YAML: line 2');
    expect((await run(['import', 'regsync', join(folder.path, 'absent')])).code).toBe(1);
    expect((await run(['import', 'regsync', 'https://example.test/regsync.yml'])).code).toBe(2);
  });
});

describe('tagboat import from an API', () => {
  let server: Server;
  let base: string;
  const requests: IncomingMessage[] = [];
  const endpoints = Array.from({ length: 130 }, (_, index) => ({
    id: index,
    name: `ep${index}`,
    type: 'docker-registry',
    url: `https://ep${index}.test`,
  }));
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      const asked = new URL(request.url ?? '', 'http://x');
      const page = Number(asked.searchParams.get('page') ?? 1);
      const answers: Record<string, [credential: string | undefined, body: unknown]> = {
        '/api/v2.0/registries': [
          `Basic ${Buffer.from(`admin:${secret}`).toString('base64')}`,
          endpoints.slice((page - 1) * 100, page * 100),
        ],
        '/orchestrator/docker/registry': [
          secret,
          { code: 200, result: [{ id: 'dev', registryUrl: 'dev.test', registryType: 'other', isPublic: true, connection: 'secure' }] },
        ],
        '/openapi/system/registry': [
          `Bearer ${secret}`,
          [{ registry_id: '1', address: 'https://zadig.test', provider: 'native', namespace: 'team', is_default: false }],
        ],
      };
      const [credential, body] = answers[asked.pathname] ?? [];
      const given = request.headers.token ?? request.headers.authorization;
      response.setHeader('content-type', 'application/json');
      response.statusCode = body === undefined ? 404 : given === credential ? 200 : 401;
      response.end(JSON.stringify(response.statusCode === 200 ? body : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

  const planned = async (args: string[]) => {
    const { code, stdout, stderr } = await run([...args, '--dry-run', '--json'], { input: secret });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return (JSON.parse(stdout) as { plan: ImportPlan }).plan.entries;
  };

  it('reads all pages of Harbor', async () => {
    const entries = await planned(['import', 'harbor', base, '--username', 'admin', '--password-stdin']);
    expect(entries).toHaveLength(130);
    expect(entries.every(({ action }) => action === 'create')).toBe(true);
  });

  it('reads Devtron and Zadig', async () => {
    expect(await planned(['import', 'devtron', base, '--token-stdin'])).toMatchObject([{ name: 'dev', input: { signIn: 'anonymous' } }]);
    expect(await planned(['import', 'zadig', base, '--token-stdin'])).toMatchObject([
      { input: { url: 'https://zadig.test', namespace: 'team' } },
    ]);
  });

  it('says what a wrong sign-in and a wrong URL mean, and sends no secret unprotected', async () => {
    const refused = await run(['import', 'harbor', base, '--username', 'bob', '--password-stdin'], { input: secret });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('the sign-in was not accepted')]);
    expect((await run(['import', 'devtron', `${base}/elsewhere`, '--token-stdin'], { input: secret })).stderr).toContain('404');
    const before = requests.length;
    expect((await run(['import', 'harbor', 'http://harbor.test', '--username', 'a', '--password-stdin'], { input: secret })).code).toBe(2);
    expect(
      (await run(['import', 'harbor', `https://a:${secret}@harbor.test`, '--username', 'a', '--password-stdin'], { input: secret })).code,
    ).toBe(2);
    expect(requests.length).toBe(before);
  });
});

describe('tagboat export and apply', () => {
  it('make a hub have what a file says, and nothing the second time', async () => {
    const path = join(folder.path, 'tagboat.yaml');
    expect((await run(['export', '--output', path])).code).toBe(0);
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain(secret);
    expect((await run(['export'])).stdout).toBe(text);
    expect((await run(['apply', '-f', path])).stdout).toContain('Nothing to do.');

    const changed = await file(
      'changed.yaml',
      `${text.replace(/(name: fine\n)/, '$1    description: a line\n')}  - name: new\n    url: https://new.test\n    signIn: anonymous\n`,
    );
    const shown = await run(['apply', '-f', changed, '--dry-run']);
    expect(shown.stdout).toContain('changes description');
    expect(shown.stdout).not.toMatch(/\bthree\b/);
    const applied = await run(['apply', '-f', changed, '--yes']);
    expect([applied.code, applied.stdout.includes('Changed fine.'), applied.stdout.includes('Created new.')]).toEqual([0, true, true]);
    const again = await run(['apply', '-f', changed, '--json']);
    expect([again.code, (JSON.parse(again.stdout) as ImportResult).outcomes]).toEqual([0, []]);
    expect(await names()).toContain('inner');
  });

  it('write the other forms', async () => {
    expect((await run(['export', '--format', 'argocd-image-updater'])).stdout).toContain('api_url: https://fine.test');
    expect((await run(['export', '--format', 'regsync'])).stdout).toContain('registry: one.test');
    expect(JSON.parse((await run(['export', '--format', 'docker-config'])).stdout)).toMatchObject({
      credHelpers: { 'one.test': 'tagboat' },
    });
    expect((await run(['export', '--format', 'nothing'])).code).toBe(2);
  });

  it('print no secret', () => expect(printed).not.toContain(secret));
});
