import { describe, expect, it } from 'vitest';
import type { AuditRecord, Principal, Role } from '../access/index.ts';
import { InvalidReference, UnsupportedError } from '../oci/index.ts';
import { Repositories, type RepositoriesDeps } from './repositories.ts';
import type { Registry } from './types.ts';

const principal = (role: Role): Principal => ({ kind: 'user', id: 'usr_1', userId: 'usr_1', name: 'ana', role, projects: new Map() });
const registry = (more: Partial<Registry> = {}) =>
  ({
    id: 'reg_1',
    name: 'prod',
    prefix: 'registry.acme.io/team',
    host: 'registry.acme.io',
    namespace: '',
    allProjects: true,
    projects: [],
    ...more,
  }) as Registry;

function setUp({
  of = registry(),
  needed = true,
  outcome = 'created',
}: {
  of?: Registry;
  needed?: boolean;
  outcome?: 'created' | 'exists';
} = {}) {
  const asked: string[] = [];
  const audited: AuditRecord[] = [];
  const told: string[] = [];
  const deps = {
    registries: {
      get: async () => of,
      open: async () => ({
        provider: {
          title: 'Acme',
          traits: { createRepository: needed },
          createRepository: async (_context: unknown, name: string) => {
            asked.push(name);
            return outcome;
          },
        },
        catalogContext: async () => ({}),
      }),
    },
    audit: { record: async (record: AuditRecord) => void audited.push(record) },
    onCreated: async (id: string) => void told.push(id),
  } as unknown as RepositoriesDeps;
  return { repositories: new Repositories(deps), asked, audited, told };
}

describe('creating a repository', () => {
  it('asks the provider, records it, and has the list read anew', async () => {
    const { repositories, asked, audited, told } = setUp();
    expect(await repositories.create(principal('operator'), 'prod', 'shop/api')).toEqual({
      registryId: 'reg_1',
      registry: 'prod',
      name: 'shop/api',
      reference: 'registry.acme.io/shop/api',
      outcome: 'created',
    });
    expect(asked).toEqual(['shop/api']);
    expect(told).toEqual(['reg_1']);
    expect(audited).toMatchObject([{ action: 'repository.create', target: { id: 'reg_1' }, detail: 'Created registry.acme.io/shop/api.' }]);
  });

  it('records nothing of one that was there', async () => {
    const { repositories, audited, told } = setUp({ outcome: 'exists' });
    expect((await repositories.create(principal('operator'), 'prod', 'shop/api')).outcome).toBe('exists');
    expect([audited, told]).toEqual([[], []]);
  });

  it('is refused to viewers, for names that are none, and outside the namespace, before anything is asked', async () => {
    const { repositories, asked } = setUp({ of: registry({ namespace: 'team' }) });
    await expect(repositories.create(principal('viewer'), 'prod', 'team/api')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(repositories.create(principal('operator'), 'prod', 'team/API')).rejects.toThrow(InvalidReference);
    for (const name of ['other/api', 'team', 'teams/api']) {
      await expect(repositories.create(principal('operator'), 'prod', name)).rejects.toMatchObject({ fields: [{ field: 'name' }] });
    }
    expect(asked).toEqual([]);
    await repositories.create(principal('operator'), 'prod', 'team/api');
    expect(asked).toEqual(['team/api']);
  });

  it('says so where the first push does it; before a push that is enough', async () => {
    const { repositories, asked } = setUp({ needed: false });
    await expect(repositories.create(principal('operator'), 'prod', 'shop/api')).rejects.toThrow(UnsupportedError);
    await expect(repositories.create(principal('operator'), 'prod', 'shop/api')).rejects.toThrow('the first push');
    expect(await repositories.ensure('system', 'prod', 'shop/api')).toBe('by-push');
    expect(asked).toEqual([]);
    expect(await setUp().repositories.ensure('system', 'prod', 'shop/api')).toBe('created');
  });
});
