import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeHarbor, startHarbor } from '../../src/testing/clouds/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { launchBrowser, openTab, signIn, type Tab } from './support/page.ts';

/** What the page offers only where the registry's kind can do it. */
describe('a registry that makes projects and narrow credentials', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let browser: Browser;
  let tab: Tab;
  let harbor: FakeHarbor;
  const password = 'harbor-secret-1414';

  beforeAll(async () => {
    [hub, browser, harbor] = await Promise.all([
      startHubProcess({ entry: 'src/main.ts', args: ['--background-checks', 'no'] }),
      launchBrowser(),
      startHarbor({ users: { admin: password }, projects: { shop: { public: false, members: [] } } }),
    ]);
    admin = await setUpHub(hub);
    await admin.hub.createRegistry({
      name: 'harbor',
      provider: 'harbor',
      url: harbor.service.origin,
      signIn: 'user',
      fields: { username: 'admin', password },
      connection: { tls: 'plain' },
    });
    tab = await openTab(browser, hub.url);
    await signIn(tab.page, admin.name, admin.password);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([hub?.stop(), harbor?.close()]);
  });

  it('has a repository’s project made before the first push', async () => {
    const { page } = tab;
    await page.goto('/registries/harbor/repositories');
    await page.getByRole('button', { name: 'Create a repository' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create a repository' });
    await dialog.getByLabel('Name').fill('Not A Name');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await expect.poll(() => dialog.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
    await dialog.getByLabel('Name').fill('platform/base');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByText(/platform\/base was created\./).waitFor();
    expect(Object.keys(harbor.projects)).toContain('platform');
  });

  it('gives clients a credential for what they ask, and says how long it lasts', async () => {
    const { page } = tab;
    await page.goto('/registries/harbor/clients');
    await page.getByLabel('To pull this repository').fill('shop/api');
    await page.getByRole('button', { name: 'See what they get' }).click();
    await page.getByText('Made by the registry for this, and for nothing else').waitFor();
    await page.getByText('It can do no more than what was asked for.').waitFor();
    const robots = Object.values(harbor.robots);
    expect(robots).toHaveLength(1);
    expect((await page.content()).includes(robots[0]?.secret ?? '')).toBe(false);
  });

  it('raised no error in the page on the way', () => {
    expect(tab.faults).toEqual([]);
  });
});
