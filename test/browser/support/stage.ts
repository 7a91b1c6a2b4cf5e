import type { Browser } from 'playwright-core';
import { buildImage, putDemoContent, startRegistry, type TestRegistry } from '../../../src/testing/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../../support/hub-process.ts';
import { launchBrowser } from './page.ts';

/** A hub with two registries, one of which fails, and a browser. */
export interface Stage {
  hub: HubProcess;
  admin: Administrator;
  browser: Browser;
  registry: TestRegistry;
  close: () => Promise<void>;
}

/** How many tags `library/many` has. */
export const manyTags = 10_000;

export async function setStage(): Promise<Stage> {
  const [hub, browser, registry] = await Promise.all([startHubProcess({ entry: 'src/main.ts' }), launchBrowser(), startRegistry()]);
  putDemoContent(registry.content);
  const image = buildImage();
  for (let index = 0; index < manyTags; index += 1) registry.put('library/many', image, `1.${Math.floor(index / 100)}.${index % 100}`);
  const admin = await setUpHub(hub);
  const plain = { tls: 'plain' } as const;
  const url = new URL(registry.url).host;
  await admin.hub.createRegistry({ name: 'prod', provider: 'generic', url, signIn: 'anonymous', connection: plain });
  await admin.hub.createRegistry({ name: 'gone', provider: 'generic', url: '127.0.0.1:1', signIn: 'anonymous', connection: plain });
  await admin.hub.createProject({ name: 'Shop', description: 'The shop’s team' });
  for (const name of ['prod', 'gone']) await admin.hub.testRegistryReport(name);
  await admin.hub.listRepositories('prod');
  const close = async () => {
    await browser.close();
    await Promise.all([hub.stop(), registry.close()]);
  };
  return { hub, admin, browser, registry, close };
}
