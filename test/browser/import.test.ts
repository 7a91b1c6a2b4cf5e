import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putDemoContent, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import type { Browser } from 'playwright-core';
import { launchBrowser, openTab, signIn, type Tab } from './support/page.ts';

describe('registries of other systems', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let browser: Browser;
  let tab: Tab;
  let registry: TestRegistry;
  const secret = 'imported-secret-1618';

  beforeAll(async () => {
    [hub, browser, registry] = await Promise.all([
      startHubProcess({
        entry: 'src/main.ts',
        args: ['--background-checks', 'no', '--credential-variables', 'ACME_REGISTRY'],
        env: { ACME_REGISTRY: `ci:${secret}` },
      }),
      launchBrowser(),
      startRegistry({ auth: { kind: 'basic', users: { ci: secret } } }),
    ]);
    putDemoContent(registry.content);
    admin = await setUpHub(hub);
    tab = await openTab(browser, hub.url);
    await signIn(tab.page, admin.name, admin.password);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([hub?.stop(), registry?.close()]);
  });

  it('come from a pasted registries.conf, after the plan was seen', async () => {
    const { page } = tab;
    await page.getByRole('link', { name: 'Import from another system' }).click();
    await page.getByLabel('Paste it').fill(`registries:
- name: Acme
  api_url: http://${registry.host}
  prefix: ${registry.host}
  credentials: env:ACME_REGISTRY
  tagsortmode: latest-first
  limit: 20
- name: Quay
  api_url: https://quay.io
  prefix: quay.io
`);
    await page.getByRole('button', { name: 'Show the plan' }).click();
    const plan = page.getByRole('list', { name: 'Plan' });
    await plan.getByText('Acme', { exact: true }).waitFor();
    expect((await admin.hub.listRegistries()).items, 'nothing is done yet').toEqual([]);
    await page.getByRole('checkbox', { name: 'Take Quay' }).uncheck();
    await page.getByRole('button', { name: 'Import 1 registry' }).click();
    await page.getByText('1 registry taken over.').waitFor();
    await plan.getByRole('link', { name: 'Acme' }).click();
    await page.getByRole('heading', { name: 'Acme', level: 1 }).waitFor();
    const [saved, ...others] = (await admin.hub.listRegistries()).items;
    expect(others).toEqual([]);
    expect(saved).toMatchObject({ name: 'Acme', signIn: 'external', settings: { source: 'env:ACME_REGISTRY' }, tagOrder: 'newest-first' });
    expect((await admin.hub.testRegistryReport('Acme')).state).toBe('ok');
  });

  it('ask for the secrets that are missing, and tell what failed', async () => {
    const { page } = tab;
    await page.goto('/import');
    const endpoints = [
      { name: 'gcr', type: 'google-gcr', url: 'https://gcr.io', credential: { type: 'basic', access_key: '_json_key' } },
      { name: 'hub', type: 'docker-hub', url: 'https://hub.docker.com', credential: { type: 'basic', access_key: 'acme' } },
    ];
    await page.locator('input[type=file]').setInputFiles({
      name: 'endpoints.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(endpoints)),
    });
    await page.getByText('endpoints.json').waitFor();
    await page.getByRole('combobox', { name: 'From' }).and(page.locator('[value^=Harbor]')).waitFor();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText('2 wait for secrets').waitFor();
    await page.getByLabel('Personal access token of hub', { exact: true }).fill('dckr_pat_example');
    await page.getByRole('button', { name: 'Import 1 registry' }).click();
    await page.getByText('1 registry taken over. One waits for secrets').waitFor();
    // What is entered wrong is said at its field, and can be corrected.
    const key = page.getByLabel('JSON key of gcr', { exact: true });
    await key.fill('{"type": "service_account"');
    await page.getByRole('button', { name: 'Import 1 registry' }).click();
    await page.getByRole('list', { name: 'Plan' }).getByText('failed', { exact: true }).waitFor();
    expect(await key.getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('button', { name: 'Try 1 registry again' }).waitFor();
    const saved = await admin.hub.getRegistry('hub');
    expect(saved).toMatchObject({ provider: 'dockerhub', secretsSet: ['password'] });
    expect((await page.content()).includes('dckr_pat_example')).toBe(false);
  });

  it('go out as files, without secrets', async () => {
    const { page } = tab;
    await page.goto('/import?tab=export');
    await page.getByRole('button', { name: /^Look at it.*regsync/ }).click();
    await page.getByText(`registry: ${registry.host}`).or(page.getByText(registry.host)).first().waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Download.*Tagboat/ }).click()]);
    const stream = await download.createReadStream();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toContain('ACME_REGISTRY');
    expect(text).not.toContain(secret);
    expect(text).not.toContain('dckr_pat_example');
  });

  it('raised no error in the page on the way', () => {
    expect(tab.faults).toEqual([]);
  });
});
