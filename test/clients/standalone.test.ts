import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemPrincipal } from '../../src/access/index.ts';
import { hubConfig } from '../../src/config.ts';
import { createHub } from '../../src/hub.ts';
import { defineProvider } from '../../src/provider/define.ts';
import { ProviderSet } from '../../src/provider/index.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A cloud whose tokens live for half a day; each time it is asked, it makes another. */
function cloud() {
  const state = { issued: 0 };
  const provider = defineProvider({
    id: 'cloud',
    title: 'Cloud',
    icon: '<svg/>',
    docs: 'providers/generic.md',
    url: { example: 'cloud.test' },
    hosts: [],
    settings: z.object({}),
    signIn: { machine: { title: 'Machine', ambient: true, fields: z.object({}) } },
    traits: { catalog: 'registry', referrers: 'api', delete: 'manifest', mount: true, createRepository: false, maxPageSize: 100 },
    issueCredential: async ({ clock }) => {
      state.issued += 1;
      return {
        kind: 'basic',
        username: 'AWS',
        password: `geheim-${state.issued}`,
        issuedAt: clock.now(),
        expiresAt: clock.now() + 12 * 3_600_000,
      };
    },
  });
  return { state, providers: new ProviderSet([provider]) };
}

describe('a data folder without its hub', () => {
  it('answers with what was issued before, to several programs at once, without asking the issuer again', async () => {
    await using folder = await temporaryDirectory('tagboat-standalone');
    const { state, providers } = cloud();
    const config = hubConfig({ dataDir: folder.path, backgroundChecks: false });
    const ask = async (hub: Awaited<ReturnType<typeof createHub>>) =>
      (await hub.services.handouts.issue(systemPrincipal, { reference: 'cloud.test', purpose: 'docker credential helper' })).secret;

    const hub = await createHub(config, '0.0.0', { providers });
    await hub.services.registries.create(systemPrincipal, {
      name: 'cloud',
      provider: 'cloud',
      url: 'https://cloud.test',
      signIn: 'machine',
    });
    expect(await ask(hub)).toBe('geheim-1');
    await hub.close();

    const tools = await Promise.all([1, 2, 3].map(() => createHub(config, '0.0.0', { providers, access: 'tool' })));
    expect(await Promise.all(tools.map(ask))).toEqual(['geheim-1', 'geheim-1', 'geheim-1']);
    expect(state.issued).toBe(1);
    await Promise.all(tools.map((tool) => tool.close()));

    // A hub can start while tools come and go, and goes on where they were.
    const again = await createHub(config, '0.0.0', { providers });
    expect(await ask(again)).toBe('geheim-1');
    await again.close();
  });
});
