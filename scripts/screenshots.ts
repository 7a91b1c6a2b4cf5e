// Makes docs/images from the real thing: a hub, registries in this process, Debian's Chromium. Run it after `npm run build`
// when a page in the README has changed: node_modules/.bin/node scripts/screenshots.ts
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Client, createClient } from '../src/sdk/index.ts';
import { startHub } from '../src/serve.ts';
import { buildImage, putDemoContent, startRegistry, type TestRegistry } from '../src/testing/index.ts';
import { createAuthority } from '../test/support/certificates.ts';
import { temporaryDirectory } from '../test/support/temporary.ts';

const images = fileURLToPath(new URL('../docs/images', import.meta.url));
const person = { name: 'ana', password: 'correct horse battery staple' };
const users = { ci: 'a password of the sample', 'ci-2027': 'the next password of the sample' };

/** Registries with names that read like a company's; every name leads to this machine. */
async function startRegistries(stack: AsyncDisposableStack) {
  const authority = await createAuthority('Acme Root CA');
  const certified = async (hostname: string) => {
    const { cert, key } = await authority.issue({ names: [hostname] });
    return { cert: cert + authority.cert, key };
  };
  const start = async (hostname: string, options: Parameters<typeof startRegistry>[0]) =>
    stack.use(await startRegistry({ hostname, ...options, tls: await certified(hostname) }));
  const production = await start('registry.acme.example', { auth: { kind: 'token', users }, rateLimit: { limit: 5000, window: 3600 } });
  const staging = await start('staging.acme.example', { auth: { kind: 'basic', users } });
  const mirror = await start('mirror.acme.example', {});
  const partner = await start('images.partner.example', { auth: { kind: 'token', users } });
  for (const registry of [production, staging, mirror]) putDemoContent(registry.content);
  const layers = [24, 9, 3].map((size, i) => ({ files: { [`${i}.bin`]: randomBytes(size * 1024 * 1024) }, compression: 0 }));
  staging.put('ml/model', buildImage({ layers }), 'v3');
  return { authority, production, staging, mirror, partner };
}

async function connectAll(hub: Client, registries: Awaited<ReturnType<typeof startRegistries>>): Promise<void> {
  const { authority, production, staging, mirror, partner } = registries;
  const connection = { tls: 'ca' as const, ca: authority.cert };
  const add = (name: string, registry: TestRegistry, description: string, password?: string) =>
    hub.createRegistry({
      name,
      provider: 'generic',
      url: registry.url,
      description,
      connection,
      ...(password === undefined ? { signIn: 'anonymous' } : { signIn: 'password', fields: { username: 'ci', password } }),
    });
  await hub.createProject({ name: 'shop' });
  await add('production', production, 'What runs in all clusters', users.ci);
  await add('staging', staging, 'Builds of every branch', users.ci);
  await add('mirror', mirror, 'Copies of public images');
  await add('partner', partner, 'Images that a supplier delivers', 'the password of last year');
  await hub.updateRegistry('staging', { allProjects: false, projects: ['shop'] });
  await hub.updateRegistry('production', { secretEndsAt: new Date(Date.now() + 6 * 86_400_000).toISOString().slice(0, 10) });
  for (const { name } of (await hub.listRegistries()).items) {
    await hub.testRegistryReport(name);
    if (name !== 'partner') await hub.listRepositories(name);
  }
  await hub.setNextCredential('production', { fields: { username: 'ci-2027', password: users['ci-2027'] } });
  await hub.testNextCredentialReport('production');
}

/** Copies that ended, one that is on its way for the next minute, and one whose destination refuses. */
async function startCopies(hub: Client): Promise<void> {
  const copy = (reference: string, registry: string, settings = {}, cause?: 'promotion') => {
    const [repository = '', tag = ''] = reference.split(':');
    return hub.startCopies({
      source: { registry: 'staging', repository, reference: tag },
      destinations: [{ registry, repository: 'acme/{repository}' }],
      settings,
      ...(cause && { cause }),
    });
  };
  const ended = async () => (await hub.listCopies({ state: 'open' })).items.length === 0;
  await copy('shop/api:1.7.1', 'mirror', {}, 'promotion');
  await copy('shop/api:1.8.2', 'mirror', {}, 'promotion');
  await copy('shop/web:latest', 'production');
  await copy('shop/api:1.8.1', 'partner');
  for (let i = 0; i < 100 && !(await ended()); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  await copy('ml/model:v3', 'production', { bandwidth: 600_000 });
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Name').fill(person.name);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Registries' }).waitFor();
}

async function shoot(context: BrowserContext, url: string, scheme: string, registries: Awaited<ReturnType<typeof startRegistries>>) {
  const page = await context.newPage();
  const save = (name: string) => page.screenshot({ path: join(images, `${name}-${scheme}.png`) });
  await signIn(page, url);
  await page.getByText('partner').first().waitFor();
  await save('registries');

  await page.goto(`${url}/images/production/shop/api`);
  await page.getByText('amd64').first().waitFor();
  await save('tags');

  await page.goto(`${url}/images/production/shop/api:1.8.2`);
  await page.getByText('Made by').waitFor();
  await save('image');

  await page.goto(`${url}/registries/production/credential`);
  await page.getByText('tested, works').waitFor();
  await save('credential');

  await page.goto(`${url}/distribution`);
  await page.getByRole('button', { name: /details of ml\/model/i }).click();
  await page.getByText(/blobs are there/).waitFor();
  await page.waitForTimeout(1500);
  await save('distribution');

  await page.goto(`${url}/connect`);
  await page.getByRole('textbox').first().fill(`docker login -u ci -p '${users.ci}' ${registries.production.host}`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByRole('button', { name: /trust this/i }).waitFor();
  await page.waitForTimeout(300);
  await save('doctor');
  await page.close();
}

await using stack = new AsyncDisposableStack();
await mkdir(images, { recursive: true });
const directory = stack.use(await temporaryDirectory('tagboat-screenshots'));
const registries = await startRegistries(stack);
const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
const hub = await startHub({ dataDir: directory.path, port: 0, logLevel: 'error' }, { outbound: { lookup } });
stack.defer(() => hub.close());
const token = new URL(hub.setupUrl ?? '').hash.slice('#token='.length);
let cookie = '';
const keepCookie: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), cookie } });
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
  return response;
};
const { csrf } = await createClient({ baseUrl: hub.url, fetch: keepCookie }).completeSetup({ token, ...person });
const client = createClient({ baseUrl: hub.url, fetch: keepCookie, csrf });
await connectAll(client, registries);
await startCopies(client);

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
stack.defer(() => browser.close());
for (const colorScheme of ['light', 'dark'] as const) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  await shoot(context, hub.url, colorScheme, registries);
  await context.close();
}
