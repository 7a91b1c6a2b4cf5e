import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTab, overflow, settled, signIn, type Tab, violations, visit } from './support/page.ts';
import { setStage, type Stage } from './support/stage.ts';

/** As Harbor's API answers: without secrets, and with what has no counterpart. */
const harborEndpoints = JSON.stringify([
  { name: 'hub', type: 'docker-hub', url: 'https://hub.docker.com', credential: { type: 'basic', access_key: 'acme' }, status: 'healthy' },
  { name: 'charts', type: 'helm-hub', url: 'https://hub.helm.sh' },
]);

/** Every page that has an address of its own. */
const pages = {
  registries: '/registries',
  'registries as cards, filtered to nothing': '/registries?q=nothing',
  'provider picker': '/connect',
  'form of a new registry': '/connect?provider=ecr',
  'form with a choice': '/connect?provider=artifactory',
  'form of a saved registry': '/registries/prod/edit',
  'registry that works': '/registries/prod?connected=1',
  'registry that fails': '/registries/gone',
  repositories: '/registries/prod/repositories',
  'list that cannot be read': '/registries/gone/repositories',
  credential: '/registries/prod/credential',
  'credential with a next one': '/registries/keyed/credential',
  'configuration of clients': '/registries/keyed/clients',
  copies: '/distribution',
  'form of a new copy': '/distribution/new?registry=prod&repository=shop/api&reference=1.8.2',
  'copy that is not there': '/distribution/copies/cpy_nope',
  alerts: '/alerts',
  import: '/import',
  export: '/import?tab=export',
  'activity of a registry': '/registries/prod/activity',
  'tags of a repository': '/images/prod/shop/api',
  'long list of tags': '/images/prod/library/many',
  image: '/images/prod/shop/api:1.8.2',
  'config of an image': '/images/prod/shop/api:1.8.2?tab=config',
  'referrers of an image': '/images/prod/shop/api:1.8.2?tab=referrers',
  'images compared': '/images/prod/shop/api:1.8.2?tab=compare&with=1.7.0',
  'Helm chart': '/images/prod/charts/shop:2.3.0',
  'image that is not there': '/images/prod/shop/api:nope',
  'image search': '/images?q=shop',
  activity: '/activity',
  account: '/settings/account',
  people: '/settings/people',
  projects: '/settings/projects',
  tokens: '/settings/tokens',
  about: '/settings/about',
  'unknown address': '/nowhere',
};

describe('accessibility', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    const { hub } = stage.admin;
    const url = new URL(stage.registry.url).host;
    // With a secret that ends, so an alert, and another one beside it.
    await hub.createRegistry({
      name: 'keyed',
      provider: 'generic',
      url,
      prefix: `${url}/keyed`,
      fields: { username: 'ci', password: 'secret-of-keyed' },
      connection: { tls: 'plain' },
      secretEndsAt: new Date(Date.now() + 5 * 86_400_000).toISOString(),
    });
    await hub.setNextCredential('keyed', { fields: { username: 'ci', password: 'next-secret-of-keyed' } });
    await hub.testRegistryReport('keyed');
  });
  afterAll(() => stage?.close());

  it('holds before anybody is signed in', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context, faults } = await openTab(stage.browser, stage.hub.url, { colorScheme });
      await page.goto('/registries');
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(await violations(page)).toEqual([]);
      expect(faults).toEqual([]);
      await context.close();
    }
  });

  describe('in light, each page by its address', () => {
    let tab: Tab;
    beforeAll(async () => {
      tab = await openTab(stage.browser, stage.hub.url);
      await signIn(tab.page, stage.admin.name, stage.admin.password);
    });
    afterAll(() => tab?.context.close());

    it.each(Object.entries(pages))('%s', async (_, path) => {
      await tab.page.goto(path);
      await settled(tab.page);
      expect(await violations(tab.page)).toEqual([]);
    });

    it('dialogs, menus and the palette', async () => {
      expect(await overlayViolations(tab.page, 'all')).toEqual([]);
    });

    it('raised no error', () => {
      expect(tab.faults).toEqual([]);
    });
  });

  describe('in dark and on a phone, each page by a link', () => {
    let tab: Tab;
    beforeAll(async () => {
      tab = await openTab(stage.browser, stage.hub.url, { colorScheme: 'dark' });
      await signIn(tab.page, stage.admin.name, stage.admin.password);
    });
    afterAll(() => tab?.context.close());

    it.each(Object.entries(pages))('%s', async (_, path) => {
      await visit(tab.page, path);
      expect(await violations(tab.page, 'contrast')).toEqual([]);
      await tab.page.setViewportSize({ width: 375, height: 800 });
      expect(await overflow(tab.page), 'pixels that the page is wider than the phone').toBeLessThanOrEqual(0);
      await tab.page.setViewportSize({ width: 1280, height: 900 });
    });

    it('dialogs, menus and the palette', async () => {
      expect(await overlayViolations(tab.page, 'contrast')).toEqual([]);
    });

    it('raised no error', () => {
      expect(tab.faults).toEqual([]);
    });
  });
});

async function overlayViolations(page: Page, depth: 'all' | 'contrast'): Promise<string[]> {
  const found: string[] = [];
  await page.goto('/registries/keyed/credential');
  await page.getByRole('button', { name: 'Enter another next one' }).click();
  await page.getByRole('button', { name: /^Read it from elsewhere/ }).click();
  await page.getByLabel('Name of the variable').waitFor();
  found.push(...(await violations(page, depth)));
  await page.goto('/import');
  await page.getByLabel('Paste it').fill(harborEndpoints);
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByRole('list', { name: 'Plan' }).waitFor();
  found.push(...(await violations(page, depth)));
  await page.goto('/registries/prod');
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).waitFor();
  found.push(...(await violations(page, depth)));
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await page.getByText('Nothing else refers to it.').waitFor();
  found.push(...(await violations(page, depth)));
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page
    .getByRole('dialog')
    .getByPlaceholder(/^Registry, repository/)
    .fill('shop');
  await page.locator('[data-action]', { hasText: 'shop/api' }).first().waitFor();
  found.push(...(await violations(page, depth)));
  return found;
}
