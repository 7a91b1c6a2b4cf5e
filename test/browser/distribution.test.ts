import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Copy, CopyInput } from '../../src/sdk/index.ts';
import { buildArtifact, putDemoContent, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { launchBrowser, openTab, overflow, settled, signIn, type Tab, violations } from './support/page.ts';

/** Of different sizes, so that some have arrived while others are on their way. */
const layerBytes = [10, 20, 30, 60, 80, 100].map((megabytes) => megabytes * 1_000_000);

/** For what a page comes to: the machine may be busy. */
const patience = { timeout: 15_000, interval: 50 };

describe('the Distribution page', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let browser: Browser;
  let tab: Tab;
  let page: Page;
  /** Two real registries, and one that can be told to fail. */
  let staging: DockerRegistry;
  let production: DockerRegistry;
  let partner: TestRegistry;

  beforeAll(async () => {
    [hub, browser, staging, production, partner] = await Promise.all([
      startHubProcess({ entry: 'src/main.ts', args: ['--background-checks', 'no'] }),
      launchBrowser(),
      startDockerRegistry({ kind: 'htpasswd' }),
      startDockerRegistry({ kind: 'htpasswd' }),
      startRegistry(),
    ]);
    admin = await setUpHub(hub);
    for (const [name, { host, username = '', password = '' }] of Object.entries({ staging, production })) {
      const fields = { username, password };
      await admin.hub.createRegistry({ name, provider: 'generic', url: host, fields, connection: { tls: 'plain' } });
    }
    const url = partner.host;
    await admin.hub.createRegistry({ name: 'partner', provider: 'generic', url, signIn: 'anonymous', connection: { tls: 'plain' } });
    putDemoContent(partner.content);
    const parts = layerBytes.map((size) => ({
      mediaType: 'application/octet-stream',
      data: Buffer.alloc(size, `${size} bytes of the model `),
    }));
    partner.put('ml/model', buildArtifact({ artifactType: 'application/vnd.example.model.v1', layers: parts }), 'v3');
    for (const reference of ['1.7.0', '1.8.1', '1.8.2']) {
      await make({ source: { registry: 'partner', repository: 'shop/api', reference }, destinations: [{ registry: 'staging' }] });
    }
    tab = await openTab(browser, hub.url);
    page = tab.page;
    await signIn(page, admin.name, admin.password);
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all([hub?.stop(), staging?.stop(), production?.stop(), partner?.close()]);
  });

  const make = async (input: CopyInput): Promise<void> => {
    const { items } = await admin.hub.startCopies(input);
    for (const { id } of items) expect(await ended(id)).toMatchObject({ state: 'done' });
  };
  const ended = async (id: string): Promise<Copy> => {
    let last: Copy | undefined;
    for await (const { data } of admin.hub.followCopy(id)) last = data;
    return last ?? (await admin.hub.getCopy(id));
  };
  const newest = async (): Promise<Copy> => {
    const [copy] = (await admin.hub.listCopies({ limit: 1 })).items;
    if (!copy) throw new Error('There is no copy.');
    return copy;
  };
  /** Per cent of the first bar on the page. */
  const done = async (): Promise<number> => Number((await page.getByRole('progressbar').first().getAttribute('aria-valuenow')) ?? 0);
  const tagsAt = async (registry: string, repository: string): Promise<string[]> =>
    (await admin.hub.listTags(registry, repository, { refresh: true })).items.map(({ name }) => name).sort();

  it('starts a copy of 300 MB, having said before what it would do', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.getByRole('heading', { name: 'Distribution', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Copy an image' }).click();
    await page.getByLabel('Paste a reference').fill(`docker pull ${partner.host}/ml/model:v3`);
    await expect.poll(() => page.getByRole('combobox', { name: 'Tag or digest' }).inputValue(), patience).toBe('v3');
    await page.getByPlaceholder('Choose where to copy it').click();
    await page.getByRole('option', { name: 'production' }).click();
    // A mistake in a rule stands at its field, with its place.
    const tags = page.getByLabel('Tags at production');
    await tags.fill('{tag');
    await page.getByText('This brace is not closed. (at position 1 of the rule)').waitFor();
    expect(await tags.getAttribute('aria-invalid')).toBe('true');
    await tags.fill('{tag}-{stage}, stable');
    await page.getByLabel('{stage}').fill('live');
    await page.getByText('production/ml/model:v3-live and :stable').waitFor();
    await page.getByText('286 MiB to move', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^Options/ }).click();
    await page.getByLabel('At most this fast').fill('60 MiB/s');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start the copy' }).click();
    await page.getByRole('heading', { name: 'Copy of ml/model:v3' }).waitFor();
  });

  it('shows it move, blob by blob, and cancels it without a trace in the tags', async () => {
    await expect.poll(done, patience).toBeGreaterThan(3);
    const before = await done();
    await expect.poll(done, patience).toBeGreaterThan(before);
    await page.getByText(/ of 286 MiB · .*\/s · .*left/).waitFor();
    await page.getByRole('list', { name: 'Blobs on their way' }).getByRole('listitem').first().waitFor();
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Distribution' }).click();
    const row = page.getByRole('region', { name: 'On the way' }).getByRole('listitem').first();
    await row.getByText('running').waitFor();
    await page.getByText('1 running').waitFor();
    await row.getByRole('button', { name: /^Details of ml\/model:v3/ }).click();
    await row.getByRole('list', { name: 'Blobs on their way' }).waitFor();
    await expect.poll(done, patience).toBeGreaterThan(55);
    await row.getByRole('button', { name: /^Cancel ml\/model:v3/ }).click();
    // It keeps its place, and its outcome shows there.
    await row.getByText('canceled', { exact: true }).waitFor();
    await row.getByRole('button', { name: /^Try again/ }).waitFor();
    expect(await admin.hub.listTags('production', 'ml/model').catch(() => ({ items: [] }))).toMatchObject({ items: [] });
  });

  it('goes on where it stopped when it is tried again', async () => {
    const canceled = await newest();
    expect(canceled).toMatchObject({ state: 'canceled' });
    expect(canceled.result).toBeUndefined();
    const arrived = canceled.progress?.blobs.done ?? 0;
    expect(arrived).toBeGreaterThan(1);
    const before = partner.requests.length;
    await page
      .getByRole('button', { name: /^Try again.*ml\/model:v3/ })
      .first()
      .click();
    await expect.poll(async () => (await newest()).retryOf, patience).toBe(canceled.id);
    const again = await newest();
    await page.goto(`/distribution/copies/${again.id}`);
    await page.getByText('copied', { exact: true }).waitFor();
    await page.getByText('tried again by ana').waitFor();
    await page.getByRole('link', { name: 'an earlier copy' }).waitFor();
    // Blobs that had arrived are not asked for again, and the page counts them as saved.
    const asked = partner.requests.slice(before).filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'));
    expect(asked.length).toBeLessThanOrEqual(layerBytes.length + 1 - arrived);
    expect((await admin.hub.getCopy(again.id)).result?.bytes.saved).toBeGreaterThanOrEqual(10_000_000);
    await page.getByText(/^\d.* MiB were there already$/).waitFor();
    const [from, to] = await Promise.all([
      admin.hub.getImage('partner', 'ml/model', 'v3'),
      admin.hub.getImage('production', 'ml/model', 'v3-live'),
    ]);
    expect(to.digest).toBe(from.digest);
    await page.getByRole('link', { name: 'stable' }).click();
    await page.getByRole('heading', { name: 'ml/model:stable' }).waitFor();
  });

  it('promotes: where to is asked once, then it takes two clicks', async () => {
    await page.goto('/images/staging/shop/api:1.8.1');
    await page.getByRole('button', { name: 'Promote' }).click();
    await page.getByRole('option', { name: 'production' }).click();
    await page.getByLabel('Tags at production').fill('{tag}, {tag}-{date:yyyyMMdd}');
    await page.getByRole('button', { name: 'Promote to production' }).click();
    await page.getByText('On its way to production.').waitFor();
    const first = await newest();
    expect(await ended(first.id)).toMatchObject({ state: 'done', cause: 'promotion' });

    await page.goto('/images/staging/shop/api:1.8.2');
    await page.getByRole('button', { name: 'Promote' }).click();
    const start = page.getByRole('button', { name: 'Promote to production' });
    await start.waitFor();
    await page.getByText(/^production\/shop\/api:1\.8\.2 and :1\.8\.2-\d{8}$/).waitFor();
    expect(await violations(page)).toEqual([]);
    await start.click();
    await page.getByText('On its way to production.').first().waitFor();
    await expect.poll(async () => (await newest()).source.reference, patience).toBe('1.8.2');
    expect(await ended((await newest()).id)).toMatchObject({ state: 'done', cause: 'promotion' });
    const day = first.createdAt.slice(0, 10).replaceAll('-', '');
    expect(await tagsAt('production', 'shop/api')).toEqual(['1.8.1', `1.8.1-${day}`, '1.8.2', `1.8.2-${day}`]);

    // From the list of tags it is the same, by keyboard: the button has the focus.
    await page.goto('/images/staging/shop/api');
    await page.getByRole('button', { name: 'Promote 1.7.0' }).focus();
    await page.keyboard.press('Enter');
    await start.waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.textContent'), patience).toBe('Promote to production');
    await page.keyboard.press('Enter');
    await expect.poll(() => tagsAt('production', 'shop/api'), patience).toContain('1.7.0');
  });

  it('tells which side failed, what to do, and does it again', async () => {
    const full = partner.faults.add(
      { method: ['POST', 'PUT', 'PATCH'], times: Number.POSITIVE_INFINITY },
      { answer: { status: 507, body: { errors: [{ code: 'DENIED', message: 'insufficient storage' }] } } },
    );
    await page.goto('/distribution');
    await page.getByRole('table', { name: 'Copies that ended' }).waitFor();
    const rows = page.getByRole('table', { name: 'Copies that ended' }).getByRole('row');
    const before = await rows.count();
    const source = { registry: 'staging', repository: 'shop/api', reference: '1.8.2' };
    const { items } = await admin.hub.startCopies({ source, destinations: [{ registry: 'partner', repository: 'from/{name}' }] });
    // What others do is announced; the rows on screen stay where they are.
    await page
      .getByRole('button', { name: /^(?:Show|Move the one that ended)/ })
      .first()
      .waitFor();
    expect(await rows.count()).toBe(before);
    await page
      .getByRole('button', { name: /^(?:Show|Move the one that ended)/ })
      .first()
      .click();
    const failed = page.getByRole('row', { name: /partner from\/api:1\.8\.2/ });
    await failed.getByText('The destination, partner, failed:').waitFor();
    await failed.getByText(/insufficient storage/).waitFor();
    await failed.getByText(/^Free space at the registry/).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto(`/distribution/copies/${items[0]?.id}`);
    await page.getByRole('alert').getByText('registry_full').waitFor();
    expect(await violations(page)).toEqual([]);
    full.remove();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('copied', { exact: true }).waitFor();
  });

  it('finds copies by outcome, registry and text, and keeps that in the address', async () => {
    await page.goto('/distribution?state=failed&registry=partner&q=from%2Fapi');
    await page.getByText('1 match', { exact: true }).waitFor();
    await page.getByLabel('Filter copies').fill('nothing like it');
    await page.getByRole('heading', { name: 'No copy matches' }).waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('nothing like it');
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.getByRole('row', { name: /shop\/api:1\.7\.0.*partner.*staging/ }).waitFor();
  });

  it('deletes a tag, or an image with all of its tags, having said what goes and what stays', async () => {
    await page.goto('/images/production/shop/api:1.8.1');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await page.getByText(/^The same image stays as 1\.8\.1-\d{8}\.$/).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete the tag' }).click();
    await page.getByRole('heading', { name: 'shop/api', level: 1 }).waitFor();
    await page.getByRole('link', { name: '1.8.2', exact: true }).waitFor();
    expect(await page.getByRole('link', { name: '1.8.1', exact: true }).count()).toBe(0);
    expect(await tagsAt('production', 'shop/api')).not.toContain('1.8.1');

    await page.getByRole('link', { name: '1.8.2', exact: true }).click();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await page.getByText('The image with all its tags').click();
    await page.getByText(/^2 tags go: 1\.8\.2, 1\.8\.2-\d{8}, and the image itself with them\./).waitFor();
    await page.getByRole('button', { name: 'Delete the image' }).click();
    await page.getByRole('link', { name: '1.7.0', exact: true }).waitFor();
    expect(await tagsAt('production', 'shop/api')).not.toEqual(expect.arrayContaining([expect.stringMatching(/^1\.8\.2/)]));
  });

  it('holds in dark and on a phone', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    const [copy] = (await admin.hub.listCopies({ state: 'failed', limit: 1 })).items;
    const new_ = '/distribution/new?registry=staging&repository=shop/api&reference=1.8.2';
    for (const path of ['/distribution', `/distribution/copies/${copy?.id}`, new_]) {
      await page.setViewportSize({ width: 375, height: 800 });
      await page.goto(path);
      await settled(page);
      expect(await violations(page, 'contrast'), path).toEqual([]);
      expect(await overflow(page), `pixels that ${path} is wider than the phone`).toBeLessThanOrEqual(0);
    }
  });

  it('raised no error on the way', () => {
    expect(tab.faults).toEqual([]);
  });
});
