import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { type FakeTerminal, fakeTerminal } from '../../src/cli/testing/terminal.ts';
import type { ApiToken, AuditEntry, DoctorReport, Image, Project, Registry, Repository, Tag, User } from '../../src/sdk/index.ts';
import { putDemoContent, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { createAuthority, type CertificateAuthority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import type { Finished } from '../support/run.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const secret = 'cli-S3cret-registry-pass';
let hub: HubProcess;
let admin: Administrator;
let registry: TestRegistry;
let tls: TestRegistry;
let authority: CertificateAuthority;
let program: Tagboat;
/** Everything that any run printed. */
let printed = '';

beforeAll(async () => {
  authority = await createAuthority('CLI Test CA');
  const auth = { kind: 'token' as const, users: { ci: secret } };
  const { cert, key } = await authority.issue();
  [hub, registry, tls, program] = await Promise.all([
    startHubProcess({ entry: 'src/main.ts' }),
    startRegistry({ auth }),
    startRegistry({ auth, tls: { cert: cert + authority.cert, key } }),
    tagboat(),
  ]);
  for (const one of [registry, tls]) putDemoContent(one.content, new Date());
  admin = await setUpHub(hub);
});
afterAll(async () => {
  await Promise.all([hub?.stop(), registry?.close(), tls?.close(), program?.[Symbol.asyncDispose]()]);
});

/** Runs the command line in this process, which spares its start; `program.run` is the real thing. */
async function run(args: readonly string[], { input = '', env = {} }: Parameters<Tagboat['run']>[1] = {}): Promise<Finished> {
  const io = fakeTerminal({ home: program.home, env: { ...env, HOME: program.home }, now: Date.now() });
  io.stdin.end(input);
  const code = await runCli(args, io);
  printed += io.stdout.text + io.stderr.text;
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

/** Runs and expects success. */
async function done(args: readonly string[], options?: Parameters<Tagboat['run']>[1]): Promise<string> {
  const { code, stdout, stderr } = await run(args, options);
  expect({ args, code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

/** Like `done`, as JSON. */
async function json<T>(args: readonly string[], options?: Parameters<Tagboat['run']>[1]): Promise<T> {
  return JSON.parse(await done([...args, '--json'], options)) as T;
}

describe('signing in', () => {
  it('refuses a wrong password, in words', async () => {
    const { code, stderr } = await run(['login', hub.url, '--username', admin.name, '--password-stdin'], {
      input: 'wrong password entirely',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^You: [\s\S]*\nNext: /);
  });

  it('sends no password to what is no hub, nor to a hub that nobody set up', async () => {
    const args = ['--username', 'ana', '--password-stdin'];
    expect(await run(['login', registry.url, ...args], { input: 'some password' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not a Tagboat hub[\s\S]*\nNext: /),
    });
    expect(registry.requests.every((entry) => entry.method === 'GET')).toBe(true);
    const fresh = await startHubProcess({ entry: 'src/main.ts' });
    try {
      expect(await run(['login', fresh.url, ...args], { input: 'some password' })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^Hub: .*not set up yet.\nNext: Open the link/),
      });
    } finally {
      await fresh.stop();
    }
  });

  it('makes a token, keeps it to itself, and says who is signed in', async () => {
    const { stdout: out } = await program.run(['login', hub.url, '--username', admin.name, '--password-stdin'], {
      input: `${admin.password}\n`,
    });
    expect(out).toContain(`Signed in to ${hub.url} as ${admin.name} (administrator)`);
    const path = join(program.home, '.config/tagboat/config.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const config = await readFile(path, 'utf8');
    expect(config).toContain('tgb_');
    expect(config).not.toContain(admin.password);
    expect(await done(['whoami', '-q'])).toBe(`${admin.name}\n`);
    expect(await json(['whoami'])).toMatchObject({
      hub: hub.url,
      via: 'token',
      user: { name: admin.name, role: 'administrator' },
      permissions: expect.arrayContaining(['registry:write']),
    });
  });

  it('revokes the token of an earlier sign-in at the same hub', async () => {
    const tokens = async (): Promise<string[]> => (await admin.hub.listTokens()).items.map((token) => token.id);
    const before = await tokens();
    await done(['login', hub.url, '--username', admin.name, '--password-stdin'], { input: admin.password });
    const after = await tokens();
    expect(after).toHaveLength(before.length);
    expect(after).not.toEqual(before);
  });

  it('takes hub and token from the environment, too', async () => {
    await using stranger = await tagboat();
    const env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
    expect((await stranger.run(['whoami', '-q'], { env })).stdout).toBe(`${admin.name}\n`);
    const refused = await stranger.run(['whoami'], { env: { ...env, TAGBOAT_TOKEN: 'tgb_wrong' } });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^You: [\s\S]*\nNext: Sign in with `tagboat login`/) });
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    expect(await stranger.run(['whoami'], { env: { TAGBOAT_URL: nowhere, TAGBOAT_TOKEN: 'tgb_x' } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Hub: Nothing listens at ${nowhere}.\nNext: `),
    });
  });

  it('signs out: the token is revoked and forgotten', async () => {
    await using other = await tagboat();
    await other.run(['login', hub.url, '--username', admin.name, '--password-stdin', '--token-name', 'short-lived'], {
      input: admin.password,
    });
    expect((await admin.hub.listTokens()).items.some((token) => token.name === 'short-lived')).toBe(true);
    expect(await other.run(['logout'])).toMatchObject({ code: 0, stdout: expect.stringContaining('the token is revoked') });
    expect((await admin.hub.listTokens()).items.some((token) => token.name === 'short-lived')).toBe(false);
    expect((await other.run(['whoami'])).code).toBe(2);
    expect((await other.run(['logout'])).code).toBe(2);
  });
});

describe('registries', () => {
  it('shows what would be sent, and sends nothing', async () => {
    const out = await done(['registry', 'add', 'dry', registry.host, '--plain-http', '--username', 'ci', '--password-stdin', '--dry-run'], {
      input: secret,
    });
    expect(out).toContain('Would send: POST /api/v1/registries');
    expect(out).toContain('"password": "[secret]"');
    expect((await admin.hub.listRegistries()).items).toEqual([]);
  });

  it('adds one after testing it, step by step', async () => {
    const { stdout: out } = await program.run(
      ['registry', 'add', 'demo', registry.host, '--plain-http', '--username', 'ci', '--password-stdin', '--description', 'Samples'],
      { input: secret },
    );
    const steps = out.split('\n').filter((line) => /^[✓✗·!] /.test(line));
    expect(steps.length).toBeGreaterThan(8);
    expect(steps.at(-1)).toBe(`✓ Saved demo: ${registry.host}, the default registry.`);
    expect(out).toMatch(/✓ Sign-in .* ms/);
    expect(out).toContain('Next: tagboat repos demo');
    // oxlint-disable-next-line no-control-regex -- escape sequences are the subject
    expect(out).not.toMatch(/\u001b|\r/);
  });

  it('does not save what fails, unless told to', async () => {
    const args = ['registry', 'add', 'broken', registry.host, '--plain-http', '--username', 'ci', '--password-stdin'];
    const { code, stdout, stderr } = await run(args, { input: 'not the password' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ Sign-in .*rejected/m);
    expect(stderr).toMatch(/^Registry: .*rejected.* Nothing was saved\.\nNext: .*--force saves it as it is\.\n$/);
    const told = await run([...args, '--json'], { input: 'not the password' });
    expect(JSON.parse(told.stdout)).toMatchObject({ registry: null, report: { state: 'failing' } });
    expect(JSON.parse(told.stderr)).toMatchObject({
      error: { side: 'registry', code: 'password_rejected', message: expect.stringContaining('rejected'), next: expect.any(String) },
    });
    const forced = await run([...args, '--force', '--json'], { input: 'not the password' });
    expect(forced.code).toBe(0);
    expect(JSON.parse(forced.stdout)).toMatchObject({
      registry: { name: 'broken' },
      report: { state: 'failing', steps: expect.any(Array) },
    });
    expect(await done(['registry', 'remove', 'broken', '--yes', '--quiet'])).toBe('');
  });

  it('says the field at fault, and that a name is taken', async () => {
    const taken = await run(['registry', 'add', 'demo', registry.host, '--plain-http', '--anonymous', '--no-test']);
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringMatching(/^You: [\s\S]*\nNext: /) });
    const missing = await run(['registry', 'add', 'other', registry.host, '--plain-http', '--username', 'ci']);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-stdin') });
    expect(await run(['registry', 'add', 'other', registry.host, '--region', 'eu-west-1', '--plain-http'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no setting called “region”'),
    });
    expect(await run(['registry', 'add', 'other', registry.host, '--field', `password=${secret}x`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not accepted as an argument'),
    });
    expect(await run(['registry', 'add', 'other', `http://ci:${secret}x@${registry.host}`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds a user name or password'),
    });
  });

  it('offers the unknown authority of a certificate, and trusts it by fingerprint', async () => {
    const args = ['registry', 'add', 'tls', tls.host, '--username', 'ci', '--secret-file', `password=${join(program.home, 'secret.txt')}`];
    await writeFile(join(program.home, 'secret.txt'), `${secret}\n`);
    const refused = await run(args);
    expect(refused.code).toBe(1);
    const fingerprint = /--trust-ca (\S+)/.exec(refused.stderr)?.[1] ?? '';
    expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(await run([...args, '--trust-ca', 'ab'.repeat(32)])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No certificate that the server shows'),
    });
    const out = await done([...args, '--trust-ca', `sha256:${fingerprint.toLowerCase()}`]);
    expect(out).toContain('✓ Saved tls');
    expect(await admin.hub.getRegistry('tls')).toMatchObject({
      connection: { tls: 'ca', caCertificates: [{ subject: expect.stringContaining('CLI Test CA') }] },
    });
  });

  it('takes the authority from a file', async () => {
    const file = join(program.home, 'ca.pem');
    await writeFile(file, authority.cert);
    const report = await json<DoctorReport>(
      ['registry', 'test', `https://${tls.host}`, '--username', 'ci', '--password-stdin', '--ca-file', file],
      { input: secret },
    );
    expect(report).toMatchObject({ state: 'ok', steps: expect.arrayContaining([expect.objectContaining({ id: 'tls', state: 'ok' })]) });
  });

  it('lists, shows and tests them', async () => {
    const table = await done(['registry', 'list']);
    expect(table).toMatch(/^NAME +PROVIDER +HOST +STATE/);
    expect(table).toMatch(new RegExp(`^demo \\* +generic +${registry.host}`, 'm'));
    expect(await done(['registry', 'list', '-q'])).toBe('demo\ntls\n');
    const { items } = await json<{ items: Registry[] }>(['registry', 'list', '--search', 'samples']);
    expect(items.map((item) => item.name)).toEqual(['demo']);
    expect(items[0]?.secretsSet).toEqual(['password']);
    const shown = await done(['registry', 'show', 'demo']);
    expect(shown).toMatch(/secrets stored +password/);
    expect(shown).toMatch(new RegExp(`^ *changed .* by ${admin.name}$`, 'm'));
    const report = await json<DoctorReport>(['registry', 'test', 'demo', '--test-push']);
    expect(report).toMatchObject({ state: 'ok', capabilities: expect.objectContaining({ push: 'yes' }) });
    const unsaved = await run(['registry', 'test', `https://${registry.host}`, '--anonymous']);
    expect(unsaved).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^✗ /m),
      stderr: expect.stringMatching(/^Registry: .*\nNext: /),
    });
    expect(await run(['registry', 'test', 'nobody'])).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody') });
  });

  it('edits them, keeping the secret that is not given', async () => {
    await done(['registry', 'edit', 'tls', '--name', 'secure', '--description', 'Own CA']);
    expect(await admin.hub.getRegistry('secure')).toMatchObject({ description: 'Own CA', secretsSet: ['password'] });
    const wrong = await run(['registry', 'edit', 'secure', '--password-stdin'], { input: 'not the password' });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('The change was not saved.') });
    await done(['registry', 'test', 'secure']);
    expect(await done(['registry', 'edit', 'secure', '--rps', '20', '--dry-run'])).toContain('"requestsPerSecond": 20');
    await done(['registry', 'edit', 'secure', '--rps', '20', '--pin', 'shop/api']);
    expect(await admin.hub.getRegistry('secure')).toMatchObject({
      connection: { requestsPerSecond: 20, tls: 'ca' },
      pinnedRepositories: ['shop/api'],
    });
    await done(['registry', 'edit', 'secure', '--no-rps']);
    expect((await admin.hub.getRegistry('secure')).connection.requestsPerSecond).toBeUndefined();
    expect((await run(['registry', 'edit', 'secure'])).code).toBe(2);
  });

  it('chooses the default, and removes only when asked twice', async () => {
    expect(await done(['registry', 'default', '-q'])).toBe('demo\n');
    await done(['registry', 'default', 'secure']);
    expect(await done(['registry', 'default', '-q'])).toBe('secure\n');
    await done(['registry', 'default', 'demo']);
    expect(await done(['registry', 'references', 'secure'])).toContain('can be removed');
    const unconfirmed = await run(['registry', 'remove', 'secure']);
    expect(unconfirmed).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    await done(['registry', 'remove', 'secure', '--yes']);
    expect(await done(['registry', 'list', '-q'])).toBe('demo\n');
  });
});

describe('content through the hub', () => {
  it('lists repositories of the default registry, by name and by host', async () => {
    const expected = 'charts/shop\nplatform/policies\nplatform/postgres\nplatform/toolbox\nshop/api\nshop/web\nshop/worker\n';
    for (const args of [[], ['demo'], [registry.host]]) expect(await done(['repos', ...args, '-q'])).toBe(expected);
    const { items } = await json<{ items: Repository[] }>(['repos', 'demo', '--filter', 'api']);
    expect(items).toMatchObject([{ registry: 'demo', name: 'shop/api', reference: `${registry.host}/shop/api` }]);
  });

  it('lists the same tags as the registry itself', async () => {
    const { stdout: table } = await program.run(['tags', 'demo/shop/api', '--limit', '3']);
    expect(table).toMatch(/^TAG +DIGEST +(PUSHED|CREATED) +SIZE +PLATFORMS\n/);
    expect(table.split('\n')).toHaveLength(5);
    const names = async (...args: string[]): Promise<string[]> =>
      (await done(['tags', ...args, '--all', '-q', '--sort', 'name'])).trim().split('\n');
    const direct = (
      await run(['tags', `${registry.host}/shop/api`, '--username', 'ci', '--password-stdin', '--all', '-q', '--sort', 'name'], {
        input: secret,
      })
    ).stdout
      .trim()
      .split('\n');
    expect(await names('demo/shop/api')).toEqual(direct);
    expect(await names(`${registry.host}/shop/api`)).toEqual(direct);
    const { items } = await json<{ items: Tag[] }>(['tags', 'demo/shop/api', '--filter', '1.8.2']);
    expect(items).toMatchObject([
      { name: '1.8.2', kind: 'index', platforms: ['linux/amd64', 'linux/arm64'], digest: expect.stringMatching(/^sha256:/) },
    ]);
  });

  it('inspects an image with what refers to it', async () => {
    const image = await json<Image & { referrers: { items: unknown[] } }>(['inspect', 'demo/shop/api:1.8.2', '--referrers']);
    expect(image).toMatchObject({ registry: 'demo', repository: 'shop/api', tag: '1.8.2', kind: 'index' });
    expect(image.referrers.items.length).toBeGreaterThanOrEqual(3);
    const text = await done(['inspect', `demo/shop/api@${image.digest}`, '--platform', 'linux/arm64']);
    expect(text).toContain('linux/arm64');
    expect(await run(['inspect', 'demo/shop/api:nothing'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^(Registry|You): [\s\S]*\nNext: /),
    });
  });

  it('takes a mistyped registry for what it is, not for Docker Hub', async () => {
    const { code, stderr } = await run(['tags', 'demoo/shop/api']);
    expect(code).toBe(2);
    expect(stderr).toContain('has no registry “demoo”');
    expect((await run(['tags', 'demo'])).stderr).toContain('tagboat repos demo');
  });

  it('completes registries, repositories and tags', async () => {
    expect(await done(['__complete', 'registry', 'show', 'de'])).toBe('demo\n');
    expect(await done(['__complete', 'tags', 'demo/shop/a'])).toBe('demo/shop/api\n');
    expect(await done(['__complete', 'inspect', 'demo/shop/api:1.8.'])).toContain('demo/shop/api:1.8.2\n');
    expect(await done(['__complete', 'registry', 'add', '--provider', 'har'])).toBe('harbor\n');
  });
});

describe('people, tokens, projects, audit', () => {
  it('adds people, scopes a registry to their project, and hides it from others', async () => {
    await done(['user', 'add', 'otto', '--role', 'viewer', '--password-stdin'], { input: 'a long enough password' });
    expect((await json<{ items: User[] }>(['user', 'list'])).items.map((user) => user.name)).toEqual([admin.name, 'otto']);
    await done(['project', 'add', 'shop', '--description', 'Web shop']);
    await done(['registry', 'edit', 'demo', '--project', 'shop']);
    await using otto = await tagboat();
    expect((await otto.run(['login', hub.url, '-u', 'otto', '--password-stdin'], { input: 'a long enough password' })).code).toBe(0);
    expect((await otto.run(['registry', 'list', '-q'])).stdout).toBe('');
    await done(['project', 'member', 'add', 'shop', 'otto']);
    expect((await otto.run(['registry', 'list', '-q'])).stdout).toBe('demo\n');
    expect(await otto.run(['registry', 'remove', 'demo', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^You: [\s\S]*\nNext: /),
    });
    expect((await json<Project>(['project', 'show', 'shop'])).members).toMatchObject([{ userName: 'otto', role: 'viewer' }]);
    await done(['project', 'member', 'remove', 'shop', 'otto']);
    await done(['user', 'edit', 'otto', '--disable']);
    expect((await otto.run(['whoami'])).code).toBe(1);
    await done(['registry', 'edit', 'demo', '--all-projects']);
    await done(['project', 'remove', 'shop', '--yes']);
    await done(['user', 'remove', 'otto', '--yes']);
  });

  it('creates, lists and revokes tokens', async () => {
    const { token, secret: value } = await json<{ token: ApiToken; secret: string }>([
      'token',
      'create',
      'pipeline',
      '--role',
      'viewer',
      '--expires',
      '30d',
      '--registry',
      'demo',
    ]);
    expect(token).toMatchObject({ name: 'pipeline', role: 'viewer' });
    const env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: value };
    expect((await run(['registry', 'list', '-q'], { env })).stdout).toBe('demo\n');
    const list = await done(['token', 'list']);
    expect(list).toMatch(/pipeline +tgb_\S+ +viewer/);
    expect(list).not.toContain(value);
    await done(['token', 'revoke', 'pipeline', '--yes']);
    expect((await run(['registry', 'list'], { env })).code).toBe(1);
  });

  it('shows the audit log, without any secret', async () => {
    const { items } = await json<{ items: AuditEntry[] }>(['audit', '--action', 'registry', '--all']);
    const actions = new Set(items.map((item) => item.action));
    for (const action of ['registry.create', 'registry.update', 'registry.secret-used']) expect(actions).toContain(action);
    expect(JSON.stringify(items)).not.toContain(secret);
    expect(await done(['audit', '--limit', '2'])).toMatch(/^WHEN +WHO +ACTION +WHAT +OUTCOME/);
    expect(await done(['audit', '--target', 'demo', '--changes'])).toContain('registry demo');
  });
});

describe('at a terminal', () => {
  const terminal = (): FakeTerminal => fakeTerminal({ isTTY: true, home: program.home, env: { TERM: 'xterm' }, now: Date.now() });

  /** Types each answer once its question is shown. */
  async function converse(
    io: FakeTerminal,
    argv: readonly string[],
    answers: readonly (readonly [question: string, answer: string])[],
  ): Promise<number> {
    let seen = 0;
    const talking = (async () => {
      for (const [question, answer] of answers) {
        const deadline = Date.now() + 15_000;
        while (!io.stderr.text.slice(seen).includes(question)) {
          if (Date.now() > deadline) throw new Error(`“${question}” was not asked:\n${io.stderr.text}${io.stdout.text}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        seen = io.stderr.text.length;
        io.stdin.write(`${answer}\r`);
      }
    })();
    const [code] = await Promise.all([runCli(argv, io), talking]);
    printed += io.stdout.text + io.stderr.text;
    return code;
  }

  it('asks for all that is missing, shows the chain, and trusts it when told to', async () => {
    const io = terminal();
    const code = await converse(
      io,
      ['registry', 'add'],
      [
        ['URL or host of the registry', tls.host],
        ['Which one', '1'],
        ['Username', 'ci'],
        ['Password', secret],
        ['Name for it', 'asked'],
        ['Compare the fingerprint', 'y'],
      ],
    );
    expect(code).toBe(0);
    expect(io.stderr.text).toContain('CLI Test CA');
    expect(stripVTControlCharacters(io.stderr.text)).toMatch(/SHA-256 +([0-9A-F]{2}:){31}/);
    expect(io.stdout.text).toContain('\u001b[32m✓');
    expect(io.stdout.text).toContain('Saved asked');
    expect(io.stderr.text + io.stdout.text).not.toContain(secret);
  });

  it('asks before it removes, and takes no for an answer', async () => {
    const no = terminal();
    expect(await converse(no, ['registry', 'remove', 'asked'], [['[y/N]', '']])).toBe(1);
    expect(no.stderr.text).toContain('nothing was changed');
    const yes = terminal();
    expect(await converse(yes, ['registry', 'remove', 'asked'], [['[y/N]', 'y']])).toBe(0);
  });

  it('signs in by questions, and changes the own password', async () => {
    await admin.hub.createUser({ name: 'tina', password: 'first long password', role: 'viewer' });
    await using own = await tagboat();
    const at = (): FakeTerminal => fakeTerminal({ isTTY: true, home: own.home, now: Date.now() });
    expect(
      await converse(
        at(),
        ['login', hub.url],
        [
          ['User name', 'tina'],
          ['Password of tina', 'first long password'],
        ],
      ),
    ).toBe(0);
    expect(
      await converse(
        at(),
        ['user', 'password'],
        [
          ['Present password', 'first long password'],
          ['New password', 'second long password'],
          ['Once more', 'second longer password'],
          ['New password', 'second long password'],
          ['Once more', 'second long password'],
        ],
      ),
    ).toBe(0);
    expect((await own.run(['login', hub.url, '-u', 'tina', '--password-stdin'], { input: 'second long password' })).code).toBe(0);
  });

  it('leaves colour out when asked to', async () => {
    for (const [argv, env] of [
      [['registry', 'list', '--no-color'], {}],
      [['registry', 'list'], { NO_COLOR: '1' }],
    ] as const) {
      const io = fakeTerminal({ isTTY: true, home: program.home, env, now: Date.now() });
      expect(await runCli(argv, io)).toBe(0);
      expect(io.stdout.text).not.toContain('\u001b');
    }
  });
});

describe('secrets', () => {
  it('were printed nowhere, neither here nor by the hub', () => {
    for (const hidden of [secret, admin.password, 'not the password']) {
      expect(printed).not.toContain(hidden);
      expect(hub.log()).not.toContain(hidden);
    }
  });
});
