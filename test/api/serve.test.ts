import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const main = new URL('../../src/main.ts', import.meta.url).pathname;

interface Program {
  child: ChildProcess;
  /** Standard output and error so far. */
  output: () => string;
  ended: Promise<number | null>;
}

let folder: string;
const running = new Map<ChildProcess, Promise<unknown>>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tagboat-serve-'));
});
afterEach(async () => {
  for (const [child, ended] of running) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function tagboat(args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  running.set(child, ended);
  return { child, output: () => output, ended };
}

const serve = (data: string, ...more: string[]): Program => tagboat(['serve', '--port', '0', '--data', join(folder, data), ...more]);

/** The URL that the hub listens on, once it does. */
async function listening({ output, ended }: Program): Promise<string> {
  let over = false;
  void ended.then(() => (over = true));
  for (;;) {
    const url = /listens on (\S+)\n/.exec(output())?.[1];
    if (url) return url;
    if (over) throw new Error(`The hub ended: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const setupToken = ({ output }: Program): string | undefined => /\/setup#token=(\S+)/.exec(output())?.[1];

describe('tagboat serve', () => {
  it('prints a set-up link until it was used, a new one at each start, and ends on SIGTERM', async () => {
    const first = serve('setup');
    await listening(first);
    const void_ = setupToken(first);
    expect(void_).toMatch(/^[\w-]{43}$/);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);

    const second = serve('setup');
    const url = await listening(second);
    const token = setupToken(second);
    expect(token).not.toBe(void_);
    const attempt = (given: string | undefined) =>
      fetch(`${url}/api/v1/setup`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: given, name: 'ana', password: 'correct horse battery' }),
      });
    expect((await attempt(void_)).status).toBe(403);
    expect((await attempt(token)).status).toBe(201);
    expect((await attempt(token)).status).toBe(409);
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);

    const third = serve('setup');
    await listening(third);
    expect(setupToken(third)).toBeUndefined();
    third.child.kill('SIGTERM');
    await third.ended;
    expect((await stat(join(folder, 'setup', 'master.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'setup'))).mode & 0o777).toBe(0o700);
  });

  it('refuses a data directory and a port that another hub has', async () => {
    const first = serve('shared');
    const url = await listening(first);
    const second = serve('shared');
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(/^Hub: Another hub .* uses the data directory/);
    expect(second.output()).toContain('Next: ');

    const third = tagboat(['serve', '--port', new URL(url).port, '--data', join(folder, 'other')]);
    expect(await third.ended).toBe(1);
    expect(third.output()).toContain(`Port ${new URL(url).port} of 127.0.0.1 is taken`);
  });

  it('refuses a wrong master key, and starts without secrets when it is declared lost', async () => {
    const first = serve('keyed');
    await listening(first);
    first.child.kill('SIGTERM');
    await first.ended;
    await writeFile(join(folder, 'keyed', 'master.key'), Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 });
    const refused = serve('keyed');
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toContain('is not the one that the secrets');

    const lost = serve('keyed', '--master-key-lost');
    await listening(lost);
    expect(lost.output()).toContain('The master key is lost');
    lost.child.kill('SIGTERM');
    await lost.ended;
    const accepted = tagboat(['key', 'accept-loss', '--data', join(folder, 'keyed')]);
    expect(await accepted.ended, accepted.output()).toBe(0);
    const again = serve('keyed');
    await listening(again);
  });

  it('says which flag or variable is wrong', async () => {
    const flag = tagboat(['serve', '--port', 'x']);
    expect(await flag.ended).toBe(2);
    expect(flag.output()).toContain('--port');
    const variable = tagboat(['serve'], { TAGBOAT_LOG_LEVEL: 'loud' });
    expect(await variable.ended).not.toBe(0);
    expect(variable.output()).toContain('TAGBOAT_LOG_LEVEL');
  });
});

describe('tagboat key', () => {
  it('rotates the master key beside a running hub', async () => {
    const hub = serve('rotated');
    const url = await listening(hub);
    const rotated = tagboat(['key', 'rotate', '--data', join(folder, 'rotated')]);
    expect(await rotated.ended, rotated.output()).toBe(0);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    hub.child.kill('SIGTERM');
    await hub.ended;
    const status = tagboat(['key', 'status', '--data', join(folder, 'rotated')]);
    expect(await status.ended).toBe(0);
    expect(status.output()).toContain('fits');
    await listening(serve('rotated'));
  });

  it('shows a new key once when the key comes from the environment', async () => {
    const env = { TAGBOAT_MASTER_KEY: 'a passphrase that is long enough' };
    const data = join(folder, 'by-environment');
    const hub = tagboat(['serve', '--port', '0', '--data', data], env);
    await listening(hub);
    hub.child.kill('SIGTERM');
    await hub.ended;
    const rotated = tagboat(['key', 'rotate', '--data', data], env);
    expect(await rotated.ended, rotated.output()).toBe(0);
    const key = rotated.output().trim().split('\n').at(-1) ?? '';
    const old = tagboat(['key', 'status', '--data', data], env);
    expect(await old.ended).toBe(1);
    const status = tagboat(['key', 'status', '--data', data], { TAGBOAT_MASTER_KEY: key });
    expect(await status.ended, status.output()).toBe(0);
  });
});
