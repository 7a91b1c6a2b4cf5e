import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AuditRecord } from '../../access/index.ts';
import { type DeletionTrait, RegistryClient, RepositoryTarget, type VendorDeletion } from '../../oci/index.ts';
import { buildImage, startRegistry, type TestRegistry } from '../../testing/index.ts';
import { HubWorlds, type HubWorldsDeps } from './hub-world.ts';
import type { SyncSpec } from './types.ts';

const image = buildImage();
let registry: TestRegistry;
const clients: RegistryClient[] = [];
let audited: AuditRecord[];

beforeEach(async () => {
  audited = [];
  registry = await startRegistry();
  registry.put('shop/api', image, '1');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await registry.close();
});

/** What a rule may do at `shop/api`. */
async function destination(mode: SyncSpec['mode'], trait: DeletionTrait, vendor?: VendorDeletion) {
  const client = new RegistryClient({ url: registry.url, credential: { kind: 'anonymous' }, traits: { delete: trait } });
  clients.push(client);
  const repository = client.repository('shop/api');
  const row = { id: 'reg_1', name: 'prod', host: new URL(registry.url).host, signIn: 'anonymous' };
  const open = { registry: row, client, vendorDeletion: async () => vendor };
  const deps = {
    registries: { open: async () => open, get: async () => row },
    targets: { openDestination: async () => ({ registry: row, open, repository, target: new RepositoryTarget(repository, 'a') }) },
    audit: { record: async (record: AuditRecord) => void audited.push(record) },
    enabledRules: async () => [],
  } as unknown as HubWorldsDeps;
  const spec = { source: { registry: 'reg_2' }, destination: { registry: 'reg_1' }, mode } as SyncSpec;
  return (await new HubWorlds(deps).open(spec, { principal: 'system' })).openDestination('shop/api');
}

it('deletes by the vendor’s own interface, on record, where the registry does not', async () => {
  const asked: unknown[] = [];
  const end = await destination('mirror', 'provider', { grain: 'tags', delete: async (what) => void asked.push(what) });
  await end.deleteTag?.('1', image.digest, {});
  expect(asked).toEqual([{ tag: '1' }]);
  expect(audited.map(({ action, before }) => [action, before])).toEqual([
    ['image.delete', { repository: 'shop/api', digest: image.digest, tags: ['1'], manifest: false }],
  ]);
  await expect(end.deleteTag?.('1', `sha256:${'1'.repeat(64)}`, {})).rejects.toMatchObject({ code: 'conflict' });
  expect(asked).toHaveLength(1);
});

it('offers no deletion of tags where there is none: to other rules than mirrors, without an interface, with one for whole images', async () => {
  expect((await destination('one-way', 'tag')).deleteTag).toBeUndefined();
  expect((await destination('mirror', 'provider')).deleteTag).toBeUndefined();
  expect((await destination('mirror', 'unsupported')).deleteTag).toBeUndefined();
  expect((await destination('mirror', 'provider', { grain: 'manifests', delete: async () => {} })).deleteTag).toBeUndefined();
  expect((await destination('mirror', 'tag')).deleteTag).toBeDefined();
});
