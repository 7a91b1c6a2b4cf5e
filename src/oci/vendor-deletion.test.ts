import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildImage, startRegistry, type TestRegistry } from '../testing/index.ts';
import {
  canDeleteTags,
  type Deletable,
  deleteManifest,
  deleteTag,
  RegistryClient,
  RegistryError,
  type Repository,
  requireDeletable,
  type VendorDeletion,
} from './index.ts';

const image = buildImage();
const other = buildImage({ config: { Env: ['WHICH=other'] } });

let registry: TestRegistry;
let client: RegistryClient;
let repository: Repository;
const asked: Deletable[] = [];

beforeEach(async () => {
  asked.length = 0;
  registry = await startRegistry();
  registry.put('shop/api', image, '1', 'latest');
  client = new RegistryClient({ url: registry.url, credential: { kind: 'anonymous' }, traits: { delete: 'provider' } });
  repository = client.repository('shop/api');
});
afterEach(async () => {
  await client.close();
  await registry.close();
});

const vendorOf = (grain: VendorDeletion['grain'], refusal?: Error): VendorDeletion => ({
  grain,
  async delete(what) {
    asked.push(what);
    if (refusal) throw refusal;
  },
});
const notFound = new RegistryError('There is no such thing.', {
  code: 'registry_not_found',
  method: 'DELETE',
  url: 'https://vendor.example',
});
const changes = () => registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD');

it('asks the vendor for the tag or the manifest, and changes nothing at the registry itself', async () => {
  const vendor = vendorOf('both');
  expect(await deleteTag(repository, '1', { vendor })).toBe('deleted');
  expect(await deleteManifest(repository, image.digest, ['1', 'latest'], { vendor })).toBe(true);
  expect(asked).toEqual([{ tag: '1' }, { digest: image.digest }]);
  expect(changes()).toEqual([]);
});

it('does not ask the vendor for what is not there, or points elsewhere', async () => {
  const vendor = vendorOf('both');
  expect(await deleteTag(repository, 'none', { vendor })).toBe('absent');
  expect(await deleteTag(repository, '1', { vendor, digest: other.digest })).toBe('moved');
  expect(asked).toEqual([]);
});

it('takes “not found” for a refusal while the registry still has it, and for its absence otherwise', async () => {
  const vendor = vendorOf('both', notFound);
  await expect(deleteTag(repository, '1', { vendor })).rejects.toBe(notFound);
  await expect(deleteManifest(repository, image.digest, [], { vendor })).rejects.toBe(notFound);
  expect(await deleteManifest(repository, other.digest, [], { vendor })).toBe(false);
  registry.put('shop/api', other, 'going');
  const late: VendorDeletion = {
    grain: 'both',
    async delete() {
      registry.content.deleteTag('shop/api', 'going');
      throw notFound;
    },
  };
  expect(await deleteTag(repository, 'going', { vendor: late })).toBe('absent');
});

it('takes no tag from an image that something else may need, where whole images are deleted', async () => {
  const vendor = vendorOf('manifests');
  await expect(deleteTag(repository, '1', { vendor })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('with all of their tags'),
  });
  expect(asked).toEqual([]);
  expect(await deleteTag(repository, '1', { vendor, alone: true })).toBe('deleted');
  expect(asked).toEqual([{ tag: '1' }]);
});

it('deletes no manifest where single tags are deleted', async () => {
  const vendor = vendorOf('tags');
  await expect(deleteManifest(repository, image.digest, ['1'], { vendor })).rejects.toMatchObject({ code: 'unsupported' });
  expect(requireDeletable(repository, { vendor })).toBe('provider');
  expect(asked).toEqual([]);
});

it('says where tags can be deleted', async () => {
  expect(canDeleteTags(repository)).toBe(false);
  expect(canDeleteTags(repository, { vendor: vendorOf('tags') })).toBe(true);
  expect(canDeleteTags(repository, { vendor: vendorOf('both') })).toBe(true);
  expect(canDeleteTags(repository, { vendor: vendorOf('manifests') })).toBe(false);
  expect(canDeleteTags(repository, { deletion: 'probe' })).toBe(true);
  expect(canDeleteTags(repository, { deletion: 'unsupported', vendor: vendorOf('tags') })).toBe(false);
});
