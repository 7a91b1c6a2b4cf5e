import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncRule, SyncSpec } from '../../src/sdk/index.ts';
import { buildImage, delay, putDemoContent, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { launchBrowser, openTab, overflow, signIn, type Tab, violations, visit } from './support/page.ts';

const releases = ['1.8', '1.8.0', '1.8.1', '1.8.2'];

describe('sync rules', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let browser: Browser;
  let tab: Tab;
  let source: TestRegistry;
  let destination: TestRegistry;
  let ids: { prod: string; mirror: string };

  beforeAll(async () => {
    [hub, browser, source, destination] = await Promise.all([
      startHubProcess({ entry: 'src/main.ts', args: ['--background-checks', 'no'] }),
      launchBrowser(),
      startRegistry(),
      startRegistry(),
    ]);
    putDemoContent(source.content);
    admin = await setUpHub(hub);
    const add = async (name: string, registry: TestRegistry) => {
      const url = new URL(registry.url).host;
      return (await admin.hub.createRegistry({ name, provider: 'generic', url, signIn: 'anonymous', connection: { tls: 'plain' } })).id;
    };
    ids = { prod: await add('prod', source), mirror: await add('mirror', destination) };
    tab = await openTab(browser, hub.url);
    await signIn(tab.page, admin.name, admin.password);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([hub?.stop(), source?.close(), destination?.close()]);
  });

  const makeRule = (name: string, destinationName: string, more: Partial<SyncSpec> = {}): Promise<SyncRule> =>
    admin.hub.createSyncRule({
      name,
      spec: {
        source: { registry: ids.prod, repositories: ['shop/api'], tags: { include: ['1.8', '1.8.*'] } },
        destination: { registry: ids.mirror, repository: destinationName },
        ...more,
      },
    });

  it('teach while there is none', async () => {
    const { page } = tab;
    await page.goto('/distribution/rules');
    await page.getByText('Nothing is kept in step yet').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'New rule' }).click();
    await page.getByRole('heading', { name: 'New sync rule', level: 1 }).waitFor();
  });

  it('are made in a form that says at each field what is wrong, and shows what is taken while one types', async () => {
    const { page } = tab;
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText('3 fields to look at.').waitFor();
    await page.getByText('Choose where the images come from.').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Releases');
    await choose(page, 'Registry', 'prod');
    const repositories = page.getByLabel('Repositories', { exact: true });
    await repositories.fill('shop/*\nplatform/**');
    await page.getByText('Takes 6 of 7 repositories').waitFor();
    await page.getByLabel('Except').fill('platform/*\nshop/w*');
    await page.getByText('Takes 1 of 7 repositories').waitFor();
    await page.getByLabel('Take', { exact: true }).fill('1.8\n1.8.*\n/[/');
    await choose(page, 'Registry of the destination', 'mirror');
    await page.getByLabel('Repository there').fill('prod/{name}');
    await page.getByRole('list', { name: 'Names at the destination' }).getByText('prod/api:1.8').waitFor();
    expect(await violationsOfForm(page)).toEqual([]);
    // What only the hub knows stands at its field, too, with the line.
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText(/^Line 3: /).waitFor();
    expect(await page.getByLabel('Take', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Take', { exact: true }).fill('1.8\n1.8.*');
    await expect.poll(() => page.getByText(/^Line 3: /).count()).toBe(0);
  });

  it('show their plan before they are started, then run by themselves', async () => {
    const { page } = tab;
    expect(await page.getByRole('button', { name: 'Save and start' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText(/^A run would copy 4 tags/).waitFor();
    await page.getByRole('list', { name: 'What it would do' }).getByText('prod/api:1.8.2').waitFor();
    expect(destination.content.repositories(), 'a plan changes nothing').toEqual([]);
    // Another rule than the one that was planned: the plan is said to be of before, and saving does not start it.
    await page.getByLabel('Repository there').fill('prod/{repository}');
    await page.getByText('The settings were changed since.').waitFor();
    await page.getByLabel('Repository there').fill('prod/{name}');
    await page.getByRole('button', { name: 'Save and start' }).click();
    await page.getByRole('heading', { name: 'Releases', level: 1 }).waitFor();
    await page.getByText(/^It copied 4 \(/).waitFor();
    await page.getByText('on · in step').waitFor();
    const run = page.getByRole('table', { name: 'What the run did' });
    expect(await run.getByText('copied', { exact: true }).count()).toBe(4);
    for (const tag of releases) expect(destination.content.resolve('prod/api', tag), tag).toBe(source.content.resolve('shop/api', tag));
    expect(destination.content.repositories()).toEqual(['prod/api']);
    // A second run has nothing to do, and both stay in the history.
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText('There was nothing to do: all 4 tags are in step.').waitFor();
    const history = page.getByRole('list', { name: 'Plans and runs' });
    await expect.poll(() => history.getByRole('listitem').count()).toBe(2);
    await history.getByRole('link', { name: /^copied 4/ }).click();
    await run.getByText('prod/api:1.8.2').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('It does not run by itself.').waitFor();
    expect((await admin.hub.getSyncRule('Releases')).enabled).toBe(false);
  });

  it('say which deletions a limit held back, and delete once that is raised', async () => {
    const { page } = tab;
    for (const tag of ['0.1', '0.2']) destination.put('held/api', buildImage(), tag);
    for (const tag of releases) destination.content.putTag('held/api', tag, destination.content.resolve('held/api', '0.1') ?? '');
    const rule = await makeRule('Mirror', 'held/{name}', { mode: 'mirror', schedule: { every: '1d' } });
    await page.goto(`/distribution/rules/${rule.id}`);
    await page.getByText('Its plan comes first.').waitFor();
    expect(await page.getByRole('button', { name: 'Run now' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByText('Deletions are held back in 1 repository.').waitFor();
    await page.getByRole('table', { name: 'What a run would do' }).getByText('kept', { exact: true }).waitFor();
    expect(await violations(page, 'contrast')).toEqual([]);
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText(/^It copied 4 \(.*\), left 2 alone\.$/).waitFor();
    await page.getByText('Deletions are held back in 1 repository.').waitFor();
    expect(destination.content.tags('held/api')).toEqual(['0.1', '0.2', ...releases]);

    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Delete at most').fill('50');
    await page.getByRole('button', { name: 'Save changes' }).click();
    // It does something else now: its plan comes first again.
    await page.getByText('Its plan comes first.').waitFor();
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByText('and deletes 2 tags at mirror the first time').waitFor();
    expect(destination.content.tags('held/api')).toContain('0.1');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText(/^It deleted 2\.$/).waitFor();
    expect(destination.content.tags('held/api')).toEqual(releases);

    // One that runs by itself does not begin to do something else that nobody has seen.
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Delete at most').fill('60');
    await page.getByRole('button', { name: 'Save changes' }).click();
    const refusal = page.getByRole('alert').filter({ hasText: 'this changes what it does' });
    await refusal.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText('A run has nothing to do: all 4 tags are in step.').waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('heading', { name: 'Mirror', level: 1, exact: true }).waitFor();
    expect(await admin.hub.getSyncRule('Mirror')).toMatchObject({ enabled: true, spec: { deletionLimit: 60 } });
  });

  it('keep what one typed when somebody else saved first', async () => {
    const { page } = tab;
    const rule = await makeRule('Shared', 'shared/{name}', { schedule: { every: '6h' } });
    await page.goto(`/distribution/rules/${rule.id}/edit`);
    await page.getByLabel('Tag there').fill('{tag}-prod');
    await admin.hub.updateSyncRule(rule.id, { spec: { ...rule.spec, schedule: { every: '1h' } } });
    await page.getByRole('button', { name: 'Save changes' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText(/Not saved: changed by ana/).waitFor();
    await alert.getByRole('button', { name: 'Show the difference' }).click();
    await alert.getByRole('cell', { name: '1h' }).waitFor();
    await alert.getByRole('cell', { name: '{tag}-prod' }).waitFor();
    expect(await page.getByLabel('Tag there').inputValue()).toBe('{tag}-prod');
    expect(await violationsOfForm(page)).toEqual([]);
    await alert.getByRole('button', { name: 'Load their version' }).click();
    await expect.poll(() => page.getByLabel('Every', { exact: true }).inputValue()).toBe('1h');
    await page.getByLabel('Tag there').fill('{tag}-prod');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('heading', { name: 'Shared', level: 1, exact: true }).waitFor();
    expect((await admin.hub.getSyncRule(rule.id)).spec).toMatchObject({ schedule: { every: '1h' }, destination: { tag: '{tag}-prod' } });
  });

  it('show how far a run is, and can be stopped', async () => {
    const { page } = tab;
    const rule = await makeRule('Slow', 'slow/{name}');
    const slow = source.faults.add({ path: '/v2/shop/api/manifests/', times: Number.POSITIVE_INFINITY }, delay(4000));
    await page.goto('/distribution/rules');
    await page.getByRole('link', { name: 'Slow', exact: true }).waitFor();
    // What begins elsewhere shows by itself.
    await admin.hub.startSyncRun(rule.id, { kind: 'run', unseen: true });
    await page.getByRole('progressbar', { name: 'Progress of Slow' }).waitFor();
    await page.getByRole('link', { name: 'Slow', exact: true }).click();
    await page
      .getByText(/^running: \d of 4 tags$/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Stop it' }).click();
    await page.getByText(/^It was canceled/).waitFor();
    slow.remove();
    const [run] = (await admin.hub.listSyncRuns(rule.id)).items;
    expect(run?.state).toBe('canceled');
  });

  it('come from other systems, each after a look', async () => {
    const { page } = tab;
    await page.goto('/distribution/rules');
    await page.getByRole('link', { name: 'Import', exact: true }).click();
    const from = new URL(source.url).host;
    const to = new URL(destination.url).host;
    await page.locator('input[type=file]').setInputFiles({
      name: 'regsync.yml',
      mimeType: 'application/yaml',
      buffer: Buffer.from(`version: 1
defaults: { interval: 60m }
sync:
  - { source: "${from}/shop/web", target: "${to}/sync/web", type: repository }
  - { source: "${from}/shop/worker", target: "nowhere.example.com/sync/worker", type: repository }
`),
    });
    await page.getByText('regsync.yml', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Show the rules' }).click();
    const list = page.getByRole('list', { name: 'Rules in the documents' });
    await list.getByText('new rule', { exact: true }).waitFor();
    await list.getByText('lacks a registry', { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    await choose(page, /^Copies to, for/, 'mirror');
    await page.getByRole('button', { name: 'Make 2 rules' }).click();
    await page.getByText('2 rules made. None runs before its plan was looked at.').waitFor();
    const made = (await admin.hub.listSyncRules({ q: 'sync' })).items;
    expect(made.map((rule) => [rule.enabled, rule.source.name, rule.destination.name, rule.spec.schedule])).toEqual([
      [false, 'prod', 'mirror', { every: '1h' }],
      [false, 'prod', 'mirror', { every: '1h' }],
    ]);
  });

  it('are listed with what needs somebody first, also in dark and on a phone', async () => {
    await admin.hub.createRegistry({
      name: 'gone',
      provider: 'generic',
      url: '127.0.0.1:1',
      signIn: 'anonymous',
      connection: { tls: 'plain' },
    });
    const spec = {
      source: { registry: 'gone', repositories: ['**'] },
      destination: { registry: ids.mirror, repository: 'x/{repository}' },
    };
    const lost = await admin.hub.createSyncRule({ name: 'Zoo', spec: { ...spec, schedule: { every: '1h' } }, enabled: true, unseen: true });
    await expect.poll(async () => (await admin.hub.getSyncRule(lost.id)).lastRun?.state).toBe('failed');
    const dark = await openTab(browser, hub.url, { colorScheme: 'dark' });
    await signIn(dark.page, admin.name, admin.password);
    await dark.page.goto('/distribution/rules');
    await dark.page.getByText(/, 1 failing/).waitFor();
    expect(await dark.page.getByRole('row').nth(1).innerText()).toContain('Zoo');
    const rules = (await admin.hub.listSyncRules()).items;
    const mirror = rules.find((rule) => rule.name === 'Mirror')?.id ?? '';
    for (const path of ['', '/new', '/import', `/${mirror}`]) {
      await visit(dark.page, `/distribution/rules${path}`);
      expect(await violations(dark.page, 'contrast'), path).toEqual([]);
      await dark.page.setViewportSize({ width: 375, height: 800 });
      expect(await overflow(dark.page), path).toBeLessThanOrEqual(0);
      await dark.page.setViewportSize({ width: 1280, height: 900 });
    }
    expect(dark.faults).toEqual([]);
    await dark.context.close();
  });

  it('are removed, and what they copied stays', async () => {
    const { page } = tab;
    const { id } = await admin.hub.getSyncRule('Releases');
    await page.goto(`/distribution/rules/${id}`);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    await page.getByRole('dialog').getByText('stays there').waitFor();
    await page.getByRole('button', { name: 'Remove the rule' }).click();
    await page.getByRole('table', { name: 'Sync rules' }).waitFor();
    expect(await page.getByRole('link', { name: 'Releases', exact: true }).count()).toBe(0);
    expect(destination.content.resolve('prod/api', '1.8.2')).toBeDefined();
  });

  it('raised no error in the page on the way', () => {
    expect(tab.faults).toEqual([]);
  });
});

/** Of a form as it is at its end, where the buttons that stay in sight cover nothing. */
async function violationsOfForm(page: Page): Promise<string[]> {
  await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
  return violations(page);
}

/** Takes a registry from one of the form's lists. */
async function choose(page: Page, label: string | RegExp, registry: string): Promise<void> {
  await page
    .getByRole('combobox', { name: label, exact: true })
    .or(page.getByRole('textbox', { name: label, exact: true }))
    .click();
  await page.getByRole('option', { name: new RegExp(`^${registry} ·`) }).click();
}
