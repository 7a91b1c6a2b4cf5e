import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { status } from '../../src/testing/index.ts';
import { openTab, settled, signIn, type Tab } from './support/page.ts';
import { manyTags, setStage, type Stage } from './support/stage.ts';

describe('lists, edits and the keyboard', () => {
  let stage: Stage;
  let tab: Tab;
  beforeAll(async () => {
    stage = await setStage();
    tab = await openTab(stage.browser, stage.hub.url);
    await signIn(tab.page, stage.admin.name, stage.admin.password);
  });
  afterAll(() => stage?.close());

  it('shows 10,000 tags with the rows of one screen', async () => {
    const { page } = tab;
    await page.goto('/images/prod/library/many?sort=-semver');
    await page.getByText(`all ${manyTags.toLocaleString('en-US')} tags`).waitFor();
    await page.getByRole('link', { name: '1.99.99', exact: true }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(80);
    expect(Number(await page.getByRole('table').getAttribute('aria-rowcount'))).toBe(manyTags + 1);
    // Rows far down are asked for as they come on screen.
    await page.evaluate('window.scrollTo(0, 44 * 400)');
    await page.getByRole('link', { name: '1.95.90', exact: true }).waitFor();
    await page.getByLabel('Filter tags').fill('1.4?.7');
    await page.getByText('10 matches').waitFor();
  });

  it('loads at most 250 kB of script for the first page', async () => {
    const { page, context } = await openTab(stage.browser, stage.hub.url);
    const scripts: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (new URL(response.url()).pathname.endsWith('.js')) scripts.push(response.body());
    });
    await signIn(page, stage.admin.name, stage.admin.password);
    await page.getByText('2 registries', { exact: true }).waitFor();
    const bodies = await Promise.all(scripts);
    const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(250_000);
    await context.close();
  });

  it('goes by keyboard alone from anywhere to an image', async () => {
    const { page } = tab;
    await page.goto('/settings/account');
    await settled(page);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.getByRole('heading', { name: 'Registries', level: 1 }).waitFor();
    await page.getByText('2 registries', { exact: true }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('pro');
    await page.getByText('1 of 2 registries').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('2 registries', { exact: true }).waitFor();
    await page.keyboard.type('prod');
    const link = page.getByRole('link', { name: 'prod', exact: true });
    for (let presses = 0; presses < 20 && (await link.and(page.locator(':focus')).count()) === 0; presses += 1) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/registries\/prod$/);
    await page.keyboard.press('Control+k');
    const search = page.getByRole('dialog').getByPlaceholder(/^Registry, repository/);
    await search.waitFor();
    await page.keyboard.type('shop/worker');
    // Enter takes what is selected, which a hit is a moment after it is shown.
    await page.locator('[data-action][data-selected]', { hasText: 'shop/worker' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/images\/prod\/shop\/worker/);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('shop/worker');
  });

  it('says so when somebody else saved first, and keeps what was typed', async () => {
    const { page } = tab;
    await page.goto('/registries/prod/edit');
    await page.getByRole('button', { name: /^Advanced/ }).click();
    await page.getByLabel('Description').fill('Mine');
    await stage.admin.hub.updateRegistry('prod', { description: 'Theirs' });
    await page.getByRole('button', { name: 'Save changes' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText(/Not saved: changed by ana/).waitFor();
    expect(await page.getByLabel('Description').inputValue()).toBe('Mine');
    await alert.getByRole('button', { name: 'Show the difference' }).click();
    await alert.getByRole('cell', { name: 'Theirs' }).waitFor();
    await alert.getByRole('button', { name: 'Load their version' }).click();
    await page.getByRole('button', { name: /^Advanced/ }).click();
    await page.getByLabel('Description').fill('Both');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Both', { exact: true }).waitFor();
  });

  it('announces what others add instead of moving the rows', async () => {
    const { page } = tab;
    await page.goto('/registries');
    await page.getByText('2 registries', { exact: true }).waitFor();
    const url = new URL(stage.registry.url).host;
    await stage.admin.hub.createRegistry({
      name: 'aaa',
      provider: 'generic',
      url,
      prefix: `${url}/aaa`,
      signIn: 'anonymous',
      connection: { tls: 'plain' },
    });
    await page.getByText('1 new registry.').waitFor();
    expect(await page.getByRole('link', { name: 'aaa', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('link', { name: 'aaa', exact: true }).waitFor();
  });

  it('says whose fault a failure is and tries again', async () => {
    const { page } = tab;
    const fault = stage.registry.faults.add({ path: '/v2/platform/toolbox/', times: Infinity }, status(503));
    await page.goto('/images/prod/platform/toolbox');
    const alert = page.getByRole('alert');
    await alert.getByText('The other side refused or failed').waitFor();
    fault.remove();
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'latest', exact: true }).waitFor();
    expect(await alert.count()).toBe(0);
  });

  it('shows a token once', async () => {
    const { page } = tab;
    await page.goto('/settings/tokens');
    await page.getByRole('button', { name: 'Create a token' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('ci-shop');
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    const secret = await page
      .getByRole('dialog')
      .getByText(/^tgb_\w+/)
      .innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('row').filter({ hasText: 'ci-shop' }).waitFor();
    expect((await page.content()).includes(secret), 'the page still shows the token').toBe(false);
    const answer = await fetch(`${stage.hub.url}/api/v1/session`, { headers: { authorization: `Bearer ${secret}` } });
    expect(answer.status).toBe(200);
  });

  it('raised no error in the page on the way', () => {
    expect(tab.faults).toEqual([]);
  });
});
