import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { putDemoContent, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type HubProcess, startHubProcess } from '../support/hub-process.ts';
import { launchBrowser, openTab, type Tab } from './support/page.ts';

/** One person's first hour, in order: each step stands on the one before. */
describe('from set-up to a browsed registry', () => {
  const name = 'ana';
  const password = 'correct horse battery staple';
  const registryPassword = 'registry-secret-3141';
  let hub: HubProcess;
  let browser: Browser;
  let tab: Tab;
  let tokenRegistry: TestRegistry;
  let tlsRegistry: TestRegistry;

  beforeAll(async () => {
    const authority = await createAuthority('Acme Root CA');
    const leaf = await authority.issue();
    [hub, browser, tokenRegistry, tlsRegistry] = await Promise.all([
      startHubProcess({ entry: 'src/main.ts', args: ['--background-checks', 'no'] }),
      launchBrowser(),
      startRegistry({ auth: { kind: 'token', users: { ci: registryPassword } } }),
      startRegistry({ tls: { cert: leaf.cert + authority.cert, key: leaf.key } }),
    ]);
    putDemoContent(tokenRegistry.content);
    putDemoContent(tlsRegistry.content);
    tab = await openTab(browser, hub.url);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([hub?.stop(), tokenRegistry?.close(), tlsRegistry?.close()]);
  });

  // After a broken step the rest would only wait for what cannot come.
  let broken = false;
  beforeEach(({ skip }) => skip(broken, 'an earlier step failed'));
  afterEach(async ({ task }) => {
    if (broken || task.result?.state !== 'fail') return;
    broken = true;
    console.error(`At ${tab.page.url()}, which shows:\n${await tab.page.locator('body').innerText()}\n${tab.faults.join('\n')}`);
  });

  const address = (registry: TestRegistry) => new URL(registry.url).host;

  it('is set up by the one-time link', async () => {
    const { page } = tab;
    await page.goto(hub.setupLink ?? '');
    await page.getByRole('heading', { name: 'Set up Tagboat' }).waitFor();
    expect(page.url(), 'the token leaves the address bar').not.toContain('token');
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create the administrator' }).click();
    await page.getByRole('heading', { name: 'Connect the first registry' }).waitFor();
  });

  it('signs out and in again', async () => {
    const { page } = tab;
    await page.getByRole('button', { name: /sign out/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill('wrong password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Password', { exact: true }).inputValue(), 'the wrong password is not kept').toBe('');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Connect the first registry' }).waitFor();
  });

  it('connects a registry from a pasted docker login line', async () => {
    const { page } = tab;
    await page.getByRole('link', { name: 'Connect a registry' }).click();
    await page.getByLabel('Paste what you have').fill(`docker login -u ci -p ${registryPassword} ${address(tokenRegistry)}`);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Recognised:').waitFor();
    expect(await page.getByLabel('Username', { exact: true }).inputValue()).toBe('ci');
    expect(await page.getByLabel('Password or token', { exact: true }).inputValue()).toBe(registryPassword);
    expect(page.url()).not.toContain(registryPassword);
    await page.getByLabel('Name', { exact: true }).fill('prod');

    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByRole('button', { name: 'Use plain HTTP' }).click();
    await page.getByText('The test passed.').waitFor();
    expect(await page.getByText('plain HTTP', { exact: true }).isVisible(), 'what is not usual is summed up').toBe(true);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'prod is connected and is the default registry' }).waitFor();
  });

  it('connects another through the form: a wrong field is marked, an own authority trusted', async () => {
    const { page } = tab;
    await page.goto('/connect');
    await page.getByRole('button', { name: 'Any OCI registry' }).click();
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    expect(await page.getByLabel('Name', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Name', { exact: true }).fill('lab');
    await page.getByLabel('Registry URL').fill(address(tlsRegistry));
    await page.getByText('No sign-in').click();
    await page.getByRole('button', { name: /^Test/ }).click();
    await page.getByRole('button', { name: 'Trust this certificate authority' }).click();
    await page.getByText('The test passed.').waitFor();
    await page.getByText('CN=Acme Root CA').first().waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'lab is connected' }).waitFor();
  });

  it('makes it the default', async () => {
    const { page } = tab;
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Set as default' }).click();
    await page.getByText('lab is the default registry now.').waitFor();
    await page.goto('/registries');
    const row = page.getByRole('row').filter({ hasText: 'lab' });
    await row.getByText('default').waitFor();
    await row.getByText(/^ok/).waitFor();
    expect(await page.getByText('default', { exact: true }).count(), 'there is one default').toBe(1);
  });

  it('browses repositories, tags and an image', async () => {
    const { page } = tab;
    await page.getByRole('link', { name: 'prod', exact: true }).click();
    await page.getByRole('tab', { name: 'Repositories' }).click();
    await page.getByText('all 7 repositories').waitFor();
    await page.getByRole('link', { name: 'shop/api' }).click();
    await page.getByRole('link', { name: '1.8.2', exact: true }).waitFor();
    await page.getByLabel('Filter tags').fill('>=1.8 <2');
    await page.getByText('4 matches').waitFor();
    expect(new URL(page.url()).searchParams.get('filter')).toBe('>=1.8 <2');
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: '1.8.2', exact: true }) });
    await row.getByText('arm64').waitFor();
    await row.getByRole('button', { name: /^Copy digest sha256:/ }).waitFor();
    await page.getByRole('link', { name: '1.8.2', exact: true }).click();

    await page.getByRole('heading', { name: 'shop/api:1.8.2' }).waitFor();
    await page.getByText(/^docker pull .*@sha256:/).waitFor();
    await page.getByRole('radiogroup', { name: 'Tool' }).getByText('Kubernetes').click();
    await page.getByText(/image: .*@sha256:/).waitFor();
    await page.getByRole('radiogroup', { name: 'Platform' }).getByText('arm64').click();
    await page.waitForURL(/platform=linux%2Farm64/);
    await page.getByRole('tab', { name: 'Config' }).click();
    await page.getByText('Entrypoint').waitFor();
    await page.getByRole('tab', { name: 'Signatures and SBOMs' }).click();
    await page
      .getByRole('link', { name: /signature/i })
      .first()
      .waitFor();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.getByRole('combobox', { name: 'Compare with' }).fill('1.7.0');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('heading', { name: 'Only in 1.7.0' }).waitFor();
  });

  it('finds an image with the palette', async () => {
    const { page } = tab;
    await page.goto('/registries');
    await page.getByRole('heading', { name: 'Registries' }).waitFor();
    await page.keyboard.press('Control+k');
    await page
      .getByRole('dialog')
      .getByPlaceholder(/^Registry, repository/)
      .fill('shop/api');
    await page.locator('[data-action]', { hasText: 'shop/api' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/images\/prod\/shop\/api/);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('keeps the stored secret when an edit leaves it empty', async () => {
    const { page } = tab;
    await page.goto('/registries/prod/edit');
    const secret = page.getByLabel('Password or token', { exact: true });
    await secret.waitFor();
    expect(await secret.inputValue()).toBe('');
    expect(await secret.getAttribute('placeholder')).toBe('stored — leave empty to keep');
    await page.getByRole('button', { name: /^Advanced/ }).click();
    await page.getByLabel('Description').fill('Production images');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('The test passed.').waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.waitForURL(/\/registries\/prod$/);
    await page.getByText('Production images').waitFor();
    await page.getByRole('button', { name: 'Test again' }).click();
    await page
      .getByText(/\d+ repositories/)
      .first()
      .waitFor();
  });

  it('shows who did what, and no secret anywhere', async () => {
    const { page } = tab;
    await page.goto('/activity');
    await page.getByText('ana connected prod').waitFor();
    await page.getByRole('button', { name: /ana changed prod/ }).click();
    await page.getByRole('cell', { name: 'Production images' }).waitFor();
    expect((await page.content()).includes(registryPassword), 'the page shows the password').toBe(false);
    const stored = await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })');
    expect(stored).not.toContain(registryPassword);
    expect(hub.log()).not.toContain(registryPassword);
  });

  it('removes a registry after its name was typed', async () => {
    const { page } = tab;
    await page.goto('/registries/prod');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove prod' });
    await dialog.getByText('Nothing else refers to it.').waitFor();
    const remove = dialog.getByRole('button', { name: 'Remove prod' });
    expect(await remove.isDisabled()).toBe(true);
    await dialog.getByLabel('Type prod to confirm').fill('prod');
    await remove.click();
    await page.waitForURL(/\/registries$/);
    await page.getByText('1 registry', { exact: true }).waitFor();
    expect(await page.getByRole('link', { name: 'prod', exact: true }).count()).toBe(0);
  });

  it('raised no error in the page on the way', async () => {
    expect(tab.faults).toEqual([]);
  });
});
