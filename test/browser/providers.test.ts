import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProviders } from '../../src/provider/index.ts';
import type { Provider } from '../../src/sdk/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { launchBrowser, openTab, overflow, signIn, type Tab } from './support/page.ts';

const providers: readonly Provider[] = (await loadProviders()).describe();

/** Names of the fields that the form shows, in its order. */
function shownFields(page: Page): Promise<string[]> {
  return page
    .locator('form [data-field^="fields."]:visible')
    .evaluateAll((fields) => fields.map((field) => String((field as unknown as { dataset: { field: string } }).dataset.field).slice(7)));
}

/** Chooses a way of signing in, in a list or among buttons. */
async function choose(page: Page, title: string): Promise<void> {
  const group = page.getByRole('group', { name: 'Sign in with' });
  const list = group.locator('[data-field="signIn"][role=combobox], input[data-field="signIn"]');
  if ((await list.count()) === 1) {
    await list.click();
    await page.getByRole('option', { name: title, exact: true }).click();
  } else await group.getByText(title, { exact: true }).click();
}

describe('the form of every provider', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let browser: Browser;
  let tab: Tab;

  beforeAll(async () => {
    [hub, browser] = await Promise.all([startHubProcess({ entry: 'src/main.ts', args: ['--background-checks', 'no'] }), launchBrowser()]);
    admin = await setUpHub(hub);
    tab = await openTab(browser, hub.url);
    await signIn(tab.page, admin.name, admin.password);
  });

  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  it.each(providers)('$title asks only what it needs', async (provider) => {
    const { page } = tab;
    await page.goto(`/connect?provider=${provider.id}`);
    await page.getByRole('button', { name: /^Advanced/ }).waitFor();
    if (provider.url.fixed === undefined) await page.locator('[data-field=url]').fill(provider.url.example);
    const told = [...provider.fields, ...provider.signIn.flatMap((method) => method.fields)].filter((field) => field.fromUrl);
    if (told.length > 0) await page.getByText('Read from the URL:').waitFor();
    for (const method of provider.signIn) {
      if (provider.signIn.length > 1) await choose(page, method.title);
      if (method.help !== undefined) await page.getByText(method.help, { exact: true }).waitFor();
      const needed = [...provider.fields, ...method.fields].filter(
        (field) => !field.advanced && !field.fromUrl && (field.required || field.default !== undefined),
      );
      expect(await shownFields(page), method.title).toEqual(needed.map((field) => field.name));
      // What is seldom needed is one line, and there when it is wanted.
      const seldom = [...provider.fields, ...method.fields].filter(
        (field) => !field.advanced && !field.fromUrl && !field.required && field.default === undefined && field.type !== 'boolean',
      );
      for (const field of seldom) {
        expect(await page.getByRole('button', { name: new RegExp(`^If needed:.*${field.label}`) }).count(), field.label).toBe(1);
      }
    }
    await page.setViewportSize({ width: 375, height: 800 });
    expect(await overflow(page), 'pixels that the page is wider than the phone').toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it('asks what the address does not say, once it is another', async () => {
    const { page } = tab;
    await page.goto('/connect?provider=ecr');
    await page.getByLabel('Registry URL').fill('ecr.acme.example');
    await page.getByLabel('AWS region').waitFor();
    await page.getByLabel('AWS region').fill('eu-central-1');
    // What was typed for one address does not stand in the way of another one, which says it itself.
    await page.getByLabel('Registry URL').fill('123456789012.dkr.ecr.eu-west-1.amazonaws.com');
    await page.getByText('Read from the URL:').waitFor();
    await page.getByText('eu-west-1', { exact: true }).waitFor();
    expect(await page.getByLabel('AWS region').count()).toBe(0);
    await page.getByLabel('Name', { exact: true }).fill('cloud');
    await page.getByLabel('Access key ID').fill('AKIAIOSFODNN7EXAMPLE');
    await page.getByLabel('Secret access key', { exact: true }).fill('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
    // Not saved: the hub would look for that address.
    let sent: unknown;
    await page.route('**/api/v1/registries', (route) => {
      sent = route.request().postDataJSON();
      return route.fulfill({ status: 409, json: { title: 'Taken', status: 409, detail: 'Taken.', code: 'conflict', fault: 'caller' } });
    });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await page.unroute('**/api/v1/registries');
    expect(sent).toEqual({
      name: 'cloud',
      provider: 'ecr',
      url: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
      signIn: 'access-key',
      fields: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    });
  });

  it('offers the way “From elsewhere” to administrators alone', async () => {
    await admin.hub.createUser({ name: 'olga', role: 'operator', password: 'a sentence of olga' });
    const other = await openTab(browser, hub.url);
    await signIn(other.page, 'olga', 'a sentence of olga');
    await other.page.goto('/connect?provider=generic');
    await other.page.getByLabel('Password or token', { exact: true }).waitFor();
    expect(await other.page.getByText('From elsewhere').count()).toBe(0);
    expect(await other.page.getByRole('button', { name: /^Read it from elsewhere/ }).count()).toBe(0);
    expect(other.faults).toEqual([]);
    await other.context.close();
  });

  it('raised no error in the page on the way', () => {
    expect(tab.faults).toEqual([]);
  });
});
