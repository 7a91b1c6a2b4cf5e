import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub } from '../../serve.ts';
import type { Cli } from '../cli.ts';
import { CookieJar } from '../cookie-jar.ts';
import { connect } from '../hub-client.ts';

const administrator = 'admin';
const registryUser = 'demo';

/** Runs a hub with a registry of sample images, and one that they can be promoted to, until the command is interrupted. */
export async function demo(cli: Cli, options: { port?: number }): Promise<void> {
  const { startRegistry, putDemoContent } = await import('../../testing/index.ts');
  const registryPassword = randomBytes(12).toString('base64url');
  const password = randomBytes(9).toString('base64url');
  await using stack = new AsyncDisposableStack();

  const dataDir = await mkdtemp(join(tmpdir(), 'tagboat-demo-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const registry = await startRegistry({ hostname: 'localhost', auth: { kind: 'token', users: { [registryUser]: registryPassword } } });
  stack.defer(() => registry.close());
  putDemoContent(registry.content);
  const production = await startRegistry({ hostname: 'localhost' });
  stack.defer(() => production.close());
  const hub = await startHub({ dataDir, port: options.port ?? 0, host: '127.0.0.1', logLevel: 'warn' });
  stack.defer(() => hub.close());
  cli.signal.throwIfAborted();

  await setUp(cli, hub.url, hub.setupUrl, password, [{ url: registry.url, password: registryPassword }, { url: production.url }]);
  const host = new URL(registry.url).host;
  cli.io.stdout.write(
    [
      `The demo runs at ${hub.url}`,
      '',
      `  Sign in as   ${administrator}`,
      `  Password     ${password}`,
      '',
      `  Registry     ${host} is connected as “demo”; its user is ${registryUser}, password ${registryPassword}`,
      `               ${new URL(production.url).host} is connected as “production”: promote an image to it`,
      '',
      'In another terminal:',
      `  tagboat login ${hub.url} --username ${administrator}`,
      '  tagboat tags demo/shop/api',
      '',
      'Ctrl-C ends it; nothing is kept.',
      '',
    ].join('\n'),
  );
  cli.runsUntilInterrupted = true;
  await new Promise<void>((resolve) => {
    // The timer keeps the process alive for as long as the command runs.
    const alive = setInterval(() => {}, 1 << 30);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (cli.signal.aborted) end();
    else cli.signal.addEventListener('abort', end, { once: true });
  });
}

async function setUp(
  cli: Cli,
  url: string,
  setupUrl: string | undefined,
  password: string,
  [samples, production]: [samples: { url: string; password: string }, production: { url: string }],
): Promise<void> {
  const token = setupUrl && new URLSearchParams(new URL(setupUrl).hash.slice(1)).get('token');
  if (!token) throw new Error('The hub of the demo was set up before.');
  const jar = new CookieJar();
  const client = connect(cli, { url, source: 'named' }, {}, { csrf: () => jar.csrf, fetch: jar.fetch(globalThis.fetch) });
  jar.csrf = (await client.completeSetup({ token, name: administrator, displayName: 'Demo', password })).csrf;
  await client.createRegistry({
    name: 'demo',
    provider: 'generic',
    url: samples.url,
    description: 'Sample images, in the memory of this demo',
    signIn: 'password',
    fields: { username: registryUser, password: samples.password },
    connection: { tls: 'plain' },
  });
  await client.createRegistry({
    name: 'production',
    provider: 'generic',
    url: production.url,
    description: 'Where the sample images are promoted to',
    signIn: 'anonymous',
    connection: { tls: 'plain' },
  });
  await Promise.all([client.testRegistryReport('demo'), client.testRegistryReport('production')]);
  // So that there is something to see, and that promoting knows where to.
  await client.startCopies({
    source: { registry: 'demo', repository: 'shop/api', reference: '1.8.1' },
    destinations: [{ registry: 'production' }],
    cause: 'promotion',
  });
}
