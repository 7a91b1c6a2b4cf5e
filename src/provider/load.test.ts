import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidSettings } from '../core/errors.ts';
import { deriveFlags } from '../cli/provider-flags.ts';
import { renderProviderFields } from './docs.ts';
import { loadProviders } from './load.ts';

/** A whole provider, as somebody would write it: one file that imports the contract and zod. */
function source(id: string, more = ''): string {
  return `
    import { z } from ${JSON.stringify(import.meta.resolve('zod'))};
    import { defineProvider } from ${JSON.stringify(new URL('./define.ts', import.meta.url).href)};
    import { field, secret } from ${JSON.stringify(new URL('./field.ts', import.meta.url).href)};

    export const provider = defineProvider({
      id: '${id}',
      title: 'Acme Registry',
      icon: '<svg viewBox="0 0 24 24"><path d="M4 4h16v16H4z"/></svg>',
      docs: 'providers/${id}.md',
      rank: 5,
      url: { example: 'registry.acme.io' },
      hosts: [/^registry\\.acme\\.io$/],
      recognises: ({ service }) => service === 'acme',
      settings: z.object({ tier: field(z.enum(['free', 'paid']).default('free'), { label: 'Tier', options: { free: 'Free of charge', paid: 'Paid' } }) }),
      signIn: { key: { title: 'API key', fields: z.object({ apiKey: secret(z.string(), { label: 'API key' }) }) } },
      traits: { catalog: 'registry', referrers: 'probe', delete: 'probe', mount: true, createRepository: false },
      async issueCredential({ signIn }) {
        return { kind: 'basic', username: 'key', password: signIn.apiKey };
      },
      ${more}
    });
  `;
}

describe('loadProviders', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tagboat-providers-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('finds a provider that is nothing but one file in the folder: recognised, described, checked', async () => {
    await writeFile(join(folder, 'acme.ts'), source('acme'));
    const set = await loadProviders(folder);
    expect(set.problems).toEqual([]);
    expect(set.detectByHost(new URL('https://registry.acme.io/team/app'))?.id).toBe('acme');
    expect(set.detectByAnswer({ service: 'acme', headers: {} })?.id).toBe('acme');
    expect(set.describe()).toMatchObject([
      {
        id: 'acme',
        title: 'Acme Registry',
        fields: [
          {
            name: 'tier',
            type: 'choice',
            required: false,
            default: 'free',
            options: [
              { value: 'free', label: 'Free of charge' },
              { value: 'paid', label: 'Paid' },
            ],
          },
        ],
        signIn: [{ method: 'key', fields: [{ name: 'apiKey', secret: true, required: true, type: 'text' }] }, { method: 'external' }],
      },
    ]);
    // The form is that description; the documentation and the flags of the command line derive from it as well.
    expect(renderProviderFields(set.require('acme'))).toMatch(/API key[\s\S]*secret/i);
    const flags = deriveFlags(set.describe(), new Set()).map(({ name }) => name);
    expect(flags).toContain('tier');
  });

  it('leaves a broken file out and says what is wrong with it', async () => {
    await writeFile(join(folder, 'acme.ts'), source('acme'));
    await writeFile(join(folder, 'throws.ts'), 'throw new Error("no licence");');
    await writeFile(join(folder, 'syntax.ts'), 'export const provider = {');
    await writeFile(join(folder, 'empty.ts'), 'export const nothing = 1;');
    await writeFile(join(folder, 'impostor.ts'), source('acme'));
    await writeFile(join(folder, 'lax.ts'), source('lax', 'realms: [/acme/],'));
    const set = await loadProviders(folder);
    expect(set.all().map(({ id }) => id)).toEqual(['acme']);
    const problems = Object.fromEntries(set.problems.map(({ file, message }) => [file, message]));
    expect(Object.keys(problems).toSorted()).toEqual(['empty.ts', 'impostor.ts', 'lax.ts', 'syntax.ts', 'throws.ts']);
    expect(problems['throws.ts']).toBe('no licence');
    expect(problems['empty.ts']).toContain('exports no `provider`');
    expect(problems['impostor.ts']).toContain('its file is named “impostor”');
    expect(problems['lax.ts']).toContain('not anchored');
    expect(() => set.require('throws')).toThrow('could not be loaded: no licence');
  });

  it('takes neither tests, type declarations nor folders for providers', async () => {
    await writeFile(join(folder, 'acme.ts'), source('acme'));
    for (const name of ['acme.test.ts', 'acme.d.ts', 'README.md', '_draft.ts'])
      await writeFile(join(folder, name), 'throw new Error("must not be loaded")');
    await mkdir(join(folder, 'shared.ts'));
    const set = await loadProviders(folder);
    expect(set.all()).toHaveLength(1);
    expect(set.problems).toEqual([]);
  });

  it('loads compiled files too, as in a package', async () => {
    await writeFile(join(folder, 'acme.js'), source('acme'));
    await writeFile(join(folder, 'acme.d.ts'), 'export declare const provider: unknown;');
    expect((await loadProviders(folder)).get('acme')?.title).toBe('Acme Registry');
  });

  it('fails when there is no such folder, rather than finding nothing', async () => {
    await expect(loadProviders(join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('loads all of our own, by rank, each with its problems nowhere', async () => {
    const set = await loadProviders();
    expect(set.problems).toEqual([]);
    expect(set.all().map(({ id }) => id)).toEqual(expect.arrayContaining(['dockerhub', 'ecr', 'harbor', 'generic']));
    const ranks = set.all().map(({ rank = 100 }) => rank);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(set.get('nothing')).toBeUndefined();
    expect(() => set.require('nothing')).toThrow(InvalidSettings);
  });

  it('recognises no host twice', async () => {
    const set = await loadProviders();
    for (const host of ['docker.io', '123456789012.dkr.ecr.us-east-1.amazonaws.com']) {
      expect(set.all().filter(({ hosts }) => hosts.some((pattern) => pattern.test(host)))).toHaveLength(1);
    }
    expect(set.detectByHost(new URL('https://registry.example.com'))).toBeUndefined();
  });
});
