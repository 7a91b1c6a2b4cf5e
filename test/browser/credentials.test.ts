import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { putDemoContent, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { launchBrowser, openTab, signIn, type Tab } from './support/page.ts';

const dayLength = 86_400_000;
const old = 'old-secret-2718';
const next = 'next-secret-3141';
const dayIn = (days: number) => new Date(Date.now() + days * dayLength).toISOString().slice(0, 10);

/** A credential's life on the page, in order: each step stands on the one before. */
describe('a credential, from its end coming near to the next one in use', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let browser: Browser;
  let tab: Tab;
  let registry: TestRegistry;
  /** What the registry takes; the object that it looks into at every sign-in. */
  const users: Record<string, string> = { ci: old };

  beforeAll(async () => {
    const authority = await createAuthority('Acme Root CA');
    const leaf = await authority.issue();
    [hub, browser, registry] = await Promise.all([
      startHubProcess({
        entry: 'src/main.ts',
        args: ['--background-checks', 'no', '--credential-variables', 'REGISTRY_*'],
        env: { REGISTRY_PASSWORD: next },
      }),
      launchBrowser(),
      startRegistry({ auth: { kind: 'token', users }, tls: { cert: leaf.cert + authority.cert, key: leaf.key } }),
    ]);
    putDemoContent(registry.content);
    admin = await setUpHub(hub);
    await admin.hub.createRegistry({
      name: 'prod',
      provider: 'generic',
      url: registry.url,
      fields: { username: 'ci', password: old },
      connection: { tls: 'ca', ca: authority.cert },
    });
    tab = await openTab(browser, hub.url, { permissions: ['clipboard-read', 'clipboard-write'] });
    await signIn(tab.page, admin.name, admin.password);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([hub?.stop(), registry?.close()]);
  });

  let broken = false;
  beforeEach(({ skip }) => skip(broken, 'an earlier step failed'));
  afterEach(async ({ task }) => {
    if (broken || task.result?.state !== 'fail') return;
    broken = true;
    console.error(`At ${tab.page.url()}, which shows:\n${await tab.page.locator('body').innerText()}\n${tab.faults.join('\n')}`);
  });

  const alertsLink = () => tab.page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: /^Alerts/ });

  it('shows what is used, and renews it when asked', async () => {
    const { page } = tab;
    await page.goto('/registries/prod/credential');
    await page.getByText('None was issued yet.').waitFor();
    await page.getByRole('button', { name: 'Refresh now' }).click();
    await page.getByText('prod has a new credential.').waitFor();
    await page.getByText('Username and password', { exact: true }).first().waitFor();
    expect(await alertsLink().innerText(), 'nothing to see to').toBe('Alerts');
  });

  it('raises an alert when the day is stated that its secret ends', async () => {
    const { page } = tab;
    await page.getByLabel('The stored secret ends on').fill(dayIn(5));
    await page.getByRole('button', { name: 'State it' }).click();
    const alert = page.getByRole('list', { name: 'Alerts of prod' }).getByRole('listitem');
    await alert.getByText('Warning').waitFor();
    await alertsLink().getByText('1').waitFor();
    await page.goto('/registries');
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'prod', exact: true }) });
    // A day begins at midnight: in the afternoon it is nearer to four than to five days away.
    await row.getByText(/^secret ends in [45] d$/).waitFor();
    await row.getByRole('link', { name: '1 alert' }).click();
    await page.waitForURL(/\/registries\/prod\/credential$/);
    expect((await admin.hub.listAlerts()).counts).toMatchObject({ open: 1, warning: 1 });
  });

  it('counts an alert until somebody sees to it', async () => {
    const { page } = tab;
    await alertsLink().click();
    await page.getByText('1 alert to see to').waitFor();
    const alert = page.getByRole('list', { name: 'Alerts' }).getByRole('listitem');
    await alert.getByRole('button', { name: /^Acknowledge/ }).click();
    await alert.getByText(/^ana acknowledged it/).waitFor();
    await page.getByText('somebody sees to all of them').waitFor();
    await expect.poll(() => alertsLink().innerText()).toBe('Alerts');
  });

  it('learns of alerts without being asked', async () => {
    const { page } = tab;
    await page.goto('/images');
    await admin.hub.updateRegistry('prod', { secretEndsAt: dayIn(1) });
    // It got worse, so it is to be looked at again.
    await alertsLink().getByText('1').waitFor();
    expect(await alertsLink().innerText()).toContain('critical');
  });

  it('keeps a wrong next one beside it, and warns before it is put in use', async () => {
    const { page } = tab;
    await page.goto('/registries/prod/credential');
    await page.getByRole('button', { name: 'Prepare the next credential' }).click();
    const form = page.getByRole('form', { name: 'Next credential of prod' });
    await form.getByRole('button', { name: 'Keep and test it' }).click();
    await form.getByText('Password or token is needed.').waitFor();
    await form.getByLabel('Password or token', { exact: true }).fill(next);
    await form.getByRole('button', { name: 'Keep and test it' }).click();
    const slots = page.getByRole('list', { name: 'Credentials' });
    await slots.getByText('test failed').waitFor();
    await slots.getByRole('button', { name: 'Put it in use' }).click();
    const dialog = page.getByRole('dialog', { name: 'Put an unproven credential in use' });
    await dialog.getByText(/^Its test failed/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect((await admin.hub.testRegistryReport('prod')).state, 'the one in use goes on').not.toBe('failing');
  });

  it('puts it in use once it works, and the alert goes', async () => {
    const { page } = tab;
    users.ci = next;
    const slots = page.getByRole('list', { name: 'Credentials' });
    await slots.getByRole('button', { name: 'Test again' }).click();
    await slots.getByText('tested, works').waitFor();
    await slots.getByRole('button', { name: 'Put it in use' }).click();
    await page.getByText('The next credential is in use now.').waitFor();
    await slots.getByRole('button', { name: 'Go back to it' }).waitFor();
    expect((await admin.hub.testRegistryReport('prod')).state).toBe('ok');
    await expect.poll(() => alertsLink().innerText()).toBe('Alerts');
  });

  it('goes back, and forward again', async () => {
    const { page } = tab;
    const slots = page.getByRole('list', { name: 'Credentials' });
    await slots.getByRole('button', { name: 'Go back to it' }).click();
    await page.getByText('The previous credential is in use again.').waitFor();
    await slots.getByText('not tested').waitFor();
    expect((await admin.hub.testRegistryReport('prod')).state).toBe('failing');
    await slots.getByRole('button', { name: 'Test it' }).click();
    await slots.getByText('tested, works').waitFor();
    await slots.getByRole('button', { name: 'Put it in use' }).click();
    await slots.getByRole('button', { name: 'Forget it' }).click();
    await page.getByText('The previous credential was forgotten.').waitFor();
    expect(await slots.getByRole('listitem').count()).toBe(1);
  });

  it('reads a secret from elsewhere instead of storing it', async () => {
    const { page } = tab;
    await page.goto('/registries/prod/edit');
    await page.getByRole('button', { name: /^Read it from elsewhere/ }).click();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Say where it is read.').waitFor();
    await page.getByLabel('Name of the variable').fill('REGISTRY_PASSWORD');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('The test passed.').waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.waitForURL(/\/registries\/prod$/);
    await page.getByRole('tab', { name: 'Credential' }).click();
    await page.getByText('Read from Environment variable: REGISTRY_PASSWORD').first().waitFor();
    const saved = await admin.hub.getRegistry('prod');
    expect(saved).toMatchObject({ sources: { password: 'env:REGISTRY_PASSWORD' }, secretsSet: [] });
    expect((await admin.hub.testRegistryReport('prod')).state).toBe('ok');
  });

  it('shows who used it', async () => {
    const { page } = tab;
    await page.goto('/registries/prod/credential');
    const uses = page.getByRole('table', { name: 'Uses of the credential' });
    await uses.getByRole('row').filter({ hasText: 'connection test' }).first().waitFor();
    const dependants = page.getByRole('list', { name: 'Who would notice' });
    await dependants.waitFor();
    expect(await dependants.innerText()).toContain('ana');
  });

  it('gives the configuration of a client to copy and to save', async () => {
    const { page } = tab;
    await page.getByRole('tab', { name: 'Use it' }).click();
    await page.getByRole('radiogroup', { name: 'Client' }).getByText('containerd', { exact: true }).click();
    const path = `/etc/containerd/certs.d/${registry.host}/hosts.toml`;
    const file = page.getByRole('figure', { name: path });
    await file.getByRole('button', { name: /^Copy/ }).click();
    await file.getByText('Copied').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe((await admin.hub.getClientConfig('prod', { for: 'containerd' })).files.find((each) => each.path === path)?.content);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('figure', { name: `/etc/containerd/certs.d/${registry.host}/ca.crt` })
        .getByRole('button', { name: /^Download/ })
        .click(),
    ]);
    expect(download.suggestedFilename()).toBe('ca.crt');
    await page.getByLabel('It is a mirror of').fill('docker.io');
    await page.getByRole('figure', { name: '/etc/containerd/certs.d/docker.io/hosts.toml' }).waitFor();
    await page.getByRole('button', { name: 'See what they get' }).click();
    await page.getByText('The one that was entered here').or(page.getByText('Short-lived, the same that Tagboat uses itself')).waitFor();
  });

  it('showed no secret anywhere, and raised no error', async () => {
    const { page } = tab;
    for (const path of ['/registries/prod/credential', '/registries/prod/clients', '/activity', '/alerts']) {
      await page.goto(path);
      await page.locator('h1').waitFor();
      const content = await page.content();
      expect(content.includes(old) || content.includes(next), path).toBe(false);
    }
    expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain(next);
    expect(hub.log()).not.toContain(next);
    expect(tab.faults).toEqual([]);
  });
});
