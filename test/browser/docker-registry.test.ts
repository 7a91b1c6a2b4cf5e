import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, writeOciLayout } from '../../src/testing/index.ts';
import { type DockerRegistry, type DockerRegistryKind, startDockerRegistry } from '../support/docker-registry.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { Skopeo } from '../support/skopeo.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { launchBrowser, openTab, signIn, type Tab } from './support/page.ts';

const kinds: readonly DockerRegistryKind[] = ['open', 'htpasswd', 'token', 'tls'];
const tags = ['1.9.0', '1.10.0', 'latest'];

describe('Debian’s docker-registry, connected in the browser', () => {
  let hub: HubProcess;
  let admin: Administrator;
  let browser: Browser;
  let tab: Tab;
  let scratch: TemporaryDirectory;
  const running = new Map<DockerRegistryKind, { registry: DockerRegistry; skopeo: Skopeo }>();

  beforeAll(async () => {
    scratch = await temporaryDirectory('tagboat-browser');
    await writeOciLayout(
      join(scratch.path, 'layout'),
      tags.map((name) => ({ content: buildImage({ layers: [{ files: { name } }] }), tag: name })),
    );
    [hub, browser] = await Promise.all([startHubProcess({ entry: 'src/main.ts' }), launchBrowser()]);
    admin = await setUpHub(hub);
    for (const kind of kinds) {
      const registry = await startDockerRegistry({ kind });
      const skopeo = new Skopeo(scratch.path, { username: registry.username, password: registry.password, ca: registry.authority?.cert });
      running.set(kind, { registry, skopeo });
      for (const name of tags)
        await skopeo.copy(`oci:${join(scratch.path, 'layout')}:${name}`, `docker://${registry.host}/shop/api:${name}`);
      if (registry.authority) await writeFile(join(scratch.path, 'ca.pem'), registry.authority.cert);
    }
    tab = await openTab(browser, hub.url);
    await signIn(tab.page, admin.name, admin.password);
  });

  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
    for (const { registry } of running.values()) await registry.stop();
    await scratch?.remove();
  });

  it.each(kinds)('%s: pasted, tested, saved, browsed', async (kind) => {
    const { registry, skopeo } = running.get(kind) as { registry: DockerRegistry; skopeo: Skopeo };
    const { page } = tab;
    await page.goto('/connect');
    const pasted = registry.password ? `docker login --username ci --password '${registry.password}' ${registry.host}` : registry.host;
    await page.getByLabel('Paste what you have').fill(pasted);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Name', { exact: true }).fill(kind);
    if (!registry.password) await page.getByText('No sign-in').click();
    if (registry.authority) {
      await page.getByRole('button', { name: /^Advanced/ }).click();
      await page.getByText('Secure with CA certificate').click();
      await page.locator('input[type=file]').first().setInputFiles(join(scratch.path, 'ca.pem'));
      await page
        .getByText(/^CN=Tagboat Test CA/)
        .first()
        .waitFor();
    }
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    if (!registry.authority) await page.getByRole('button', { name: 'Use plain HTTP' }).click();
    await page.getByText('The test passed.').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: new RegExp(`^${kind} is connected`) }).waitFor();

    await page.goto(`/images/${kind}/shop/api`);
    await page.getByText(`all ${tags.length} tags`).waitFor();
    for (const name of await skopeo.listTags(`${registry.host}/shop/api`)) {
      await page.getByRole('link', { name, exact: true }).waitFor();
    }
    expect(tab.faults).toEqual([]);
  });

  it('shows the API’s own pages to who is signed in', async () => {
    const { page } = tab;
    await page.goto('/docs');
    await page.getByText('Find the registry that an image reference belongs to').waitFor();
    expect(await page.getByText('Failed to load').count()).toBe(0);
    expect(tab.faults).toEqual([]);
  });
});
