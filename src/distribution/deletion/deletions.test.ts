import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord, Principal, Role } from '../../access/index.ts';
import { InUse } from '../../core/errors.ts';
import { type Deletable, type DeletionTrait, RegistryClient, type VendorDeletion } from '../../oci/index.ts';
import type { Registry } from '../../registries/index.ts';
import { buildArtifact, buildCosignTag, buildImage, buildIndex, startRegistry, type TestRegistry } from '../../testing/index.ts';
import { Deletions, type DeletionsDeps } from './deletions.ts';
import type { UseSource } from './types.ts';

const principal = (role: Role): Principal => ({ kind: 'user', id: 'usr_1', userId: 'usr_1', name: 'ana', role, projects: new Map() });
const operator = principal('operator');
const registryRow = { id: 'reg_1', name: 'prod', namespace: '', allProjects: true, projects: [] as string[] } as Registry;

const shared = buildImage({ config: { Env: ['A=shared'] } });
const single = buildImage({ config: { Env: ['A=single'] } });
const amd = buildImage({ config: { Env: ['A=amd'] } });
const arm = buildImage({ platform: 'linux/arm64' });
const index = buildIndex({ manifests: [amd, arm] });
const signature = buildArtifact({ artifactType: 'application/vnd.acme.signature', subject: single });

let registry: TestRegistry;
let audited: AuditRecord[];
let told: unknown[];

beforeEach(async () => {
  registry = await startRegistry({ deleteByTag: 'manifest' });
  registry.put('shop/api', shared, '1', 'latest');
  registry.put('shop/api', single, 'single');
  registry.put('shop/api', signature);
  registry.put('shop/api', index, 'multi');
  registry.put('shop/api', amd, 'multi-amd64');
  audited = [];
  told = [];
});
afterEach(() => registry.close());

async function withDeletions(
  use: (deletions: Deletions) => Promise<void>,
  { uses, trait, vendor }: { uses?: UseSource; trait?: DeletionTrait; vendor?: VendorDeletion } = {},
) {
  const client = new RegistryClient({ url: registry.url, credential: { kind: 'anonymous' }, ...(trait && { traits: { delete: trait } }) });
  const deps = {
    registries: {
      get: async () => registryRow,
      open: async () => ({
        client,
        vendorDeletion: async () => vendor,
        listTags: async function* (repository: string) {
          for await (const names of client.repository(repository).listTags()) yield { items: names.map((name) => ({ name })) };
        },
      }),
    },
    audit: { record: async (record: AuditRecord) => void audited.push(record) },
    events: { emit: (...event: unknown[]) => void told.push(event) },
    onDeleted: async (...place: unknown[]) => void told.push(['expired', ...place]),
  } as unknown as DeletionsDeps;
  const deletions = new Deletions(deps);
  if (uses) deletions.addUseSource(uses);
  try {
    await use(deletions);
  } finally {
    await client.close();
  }
}

const left = () => registry.content.tags('shop/api');
const isThere = (digest: string) => registry.content.manifest('shop/api', digest) !== undefined;
const everything = ['1', 'latest', 'multi', 'multi-amd64', 'single'];

describe('by tag', () => {
  it('takes one tag of two, keeps the manifest, records it and has the list read anew', () =>
    withDeletions(async (deletions) => {
      const report = await deletions.delete(operator, 'prod', 'shop/api', ['1']);
      expect(report).toEqual({
        items: [
          {
            references: ['1'],
            digest: shared.digest,
            mediaType: shared.mediaType,
            tags: ['1'],
            manifest: false,
            sharedWith: ['latest'],
            orphans: { images: [], referrers: [], tags: [] },
            usedBy: [],
            outcome: 'deleted',
          },
        ],
        absent: [],
      });
      expect(left()).toEqual(everything.filter((tag) => tag !== '1'));
      expect(registry.content.manifest('shop/api', 'latest')?.digest).toBe(shared.digest);
      expect(audited).toEqual([
        {
          principal: operator,
          action: 'image.delete',
          target: { kind: 'registry', id: 'reg_1', name: 'prod' },
          before: { repository: 'shop/api', digest: shared.digest, tags: ['1'], manifest: false },
          detail: `Deleted tag 1 of ${shared.digest} from shop/api.`,
        },
      ]);
      expect(told).toEqual([
        ['expired', 'reg_1', 'shop/api'],
        ['repository.written', { id: 'reg_1', repository: 'shop/api' }],
      ]);
    }));

  it('takes the manifest along when all of its tags go, and tells what is left behind', () =>
    withDeletions(async (deletions) => {
      registry.put('shop/api', buildCosignTag(single).content, buildCosignTag(single).tag);
      const { items } = await deletions.delete(operator, 'prod', 'shop/api', ['1', 'single', 'latest']);
      expect(items.map(({ references, manifest, outcome }) => [references, manifest, outcome])).toEqual([
        [['1', 'latest'], true, 'deleted'],
        [['single'], true, 'deleted'],
      ]);
      expect(items[1]?.orphans).toEqual({
        images: [],
        referrers: [{ digest: signature.digest, artifactType: 'application/vnd.acme.signature' }],
        tags: [buildCosignTag(single).tag],
      });
      expect([isThere(shared.digest), isThere(single.digest)]).toEqual([false, false]);
      // Neither was pointed to a placeholder before.
      expect(registry.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
    }));

  it('keeps what an index names, and tells which images of an index are left behind', () =>
    withDeletions(async (deletions) => {
      await deletions.delete(operator, 'prod', 'shop/api', ['multi-amd64']);
      expect(left()).not.toContain('multi-amd64');
      expect(isThere(amd.digest)).toBe(true);
      registry.put('shop/api', amd, 'multi-amd64');
      const { items } = await deletions.delete(operator, 'prod', 'shop/api', ['multi']);
      expect(items[0]?.orphans.images).toEqual([arm.digest]);
      expect(isThere(index.digest)).toBe(false);
    }));

  it('keeps what an index below an index names', () =>
    withDeletions(async (deletions) => {
      const outer = buildIndex({ manifests: [index] });
      registry.put('nest/api', outer, 'all');
      registry.put('nest/api', arm, 'arm');
      await deletions.delete(operator, 'prod', 'nest/api', ['arm']);
      expect(registry.content.tags('nest/api')).toEqual(['all']);
      expect(registry.content.manifest('nest/api', arm.digest)).toBeDefined();
      await expect(deletions.delete(operator, 'prod', 'nest/api', [arm.digest])).rejects.toThrow('the index below all');
    }));

  it('leaves the manifest to registries that delete tags', () =>
    withDeletions(
      async (deletions) => {
        const plan = await deletions.delete(operator, 'prod', 'shop/api', ['single'], { dryRun: true });
        expect(plan.items[0]).toMatchObject({ manifest: false, outcome: 'planned' });
      },
      { trait: 'tag' },
    ));

  it('says what is not there', () =>
    withDeletions(async (deletions) => {
      expect(await deletions.delete(operator, 'prod', 'shop/api', ['none'])).toEqual({ items: [], absent: ['none'] });
      expect([audited, told]).toEqual([[], []]);
    }));

  it('reports a refusal of the registry, and goes on', () =>
    withDeletions(async (deletions) => {
      registry.faults.add({ method: 'DELETE' }, { answer: { status: 403 } });
      const { items } = await deletions.delete(operator, 'prod', 'shop/api', ['single', '1', 'latest']);
      expect(items.map(({ outcome, failure }) => [outcome, failure?.code])).toEqual([
        ['failed', 'registry_denied'],
        ['deleted', undefined],
      ]);
      expect(audited.map(({ outcome }) => outcome)).toEqual(['registry_denied', undefined]);
    }));

  it('leaves alone what moved while it was looked at', () =>
    withDeletions(async (deletions) => {
      // The listing comes after the tag was resolved.
      registry.faults.add(
        { method: 'GET', path: '/tags/list' },
        {
          change(reply) {
            queueMicrotask(() => registry.put('shop/api', buildImage({ config: { Env: ['A=new'] } }), 'single'));
            return reply;
          },
        },
      );
      const { items } = await deletions.delete(operator, 'prod', 'shop/api', ['single']);
      expect(items[0]?.outcome).toBe('moved');
      expect([left().includes('single'), isThere(single.digest)]).toEqual([true, true]);
      expect(audited).toEqual([]);
    }));
});

describe('by digest', () => {
  it('is refused when tags or an index need it, naming them, with nothing deleted', () =>
    withDeletions(async (deletions) => {
      const attempt = deletions.delete(operator, 'prod', 'shop/api', ['single', shared.digest]);
      await expect(attempt).rejects.toThrow(InUse);
      await expect(attempt).rejects.toThrow(
        `Nothing was deleted: shop/api@${shared.digest} of “prod” is used by the tag 1, the tag latest.`,
      );
      await expect(deletions.delete(operator, 'prod', 'shop/api', [arm.digest])).rejects.toThrow('the index below multi');
      expect(left()).toEqual(everything);
      expect(audited).toEqual([]);
      const { items } = await deletions.delete(operator, 'prod', 'shop/api', [shared.digest], { dryRun: true });
      expect(items[0]).toMatchObject({ outcome: 'planned', tags: ['1', 'latest'], usedBy: [{ kind: 'tag' }, { kind: 'tag' }] });
    }));

  it('takes the manifest with all of its tags when they are named as well, or by force', () =>
    withDeletions(async (deletions) => {
      await deletions.delete(operator, 'prod', 'shop/api', ['1', 'latest', shared.digest]);
      expect(left()).toEqual(['multi', 'multi-amd64', 'single']);
      await deletions.delete(operator, 'prod', 'shop/api', [single.digest], { force: true });
      expect(isThere(single.digest)).toBe(false);
      expect(audited.at(-1)?.detail).toBe(`Deleted ${single.digest} with tag single from shop/api, by force. Used by the tag single.`);
    }));

  it('takes an index and its image in one go', () =>
    withDeletions(async (deletions) => {
      await deletions.delete(operator, 'prod', 'shop/api', ['multi', index.digest, arm.digest]);
      expect([isThere(index.digest), isThere(arm.digest), isThere(amd.digest)]).toEqual([false, false, true]);
    }));
});

it('asks whoever uses tags, with what goes', () => {
  const asked: unknown[] = [];
  const uses: UseSource = async (place, what) => {
    asked.push([place, what]);
    return what.tags.includes('latest') ? [{ kind: 'sync-rule', id: 'syn_1', name: 'nightly' }] : [];
  };
  return withDeletions(
    async (deletions) => {
      await expect(deletions.delete(operator, 'prod', 'shop/api', ['single', 'latest'])).rejects.toMatchObject({
        message: 'Nothing was deleted: shop/api:latest of “prod” is used by sync rule “nightly”.',
        references: [{ kind: 'sync-rule', id: 'syn_1', name: 'nightly' }],
      });
      const place = { registryId: 'reg_1', registry: 'prod', repository: 'shop/api' };
      expect(asked).toEqual([
        [place, { tags: ['single'], digest: single.digest }],
        [place, { tags: ['latest'] }],
      ]);
      expect(left()).toEqual(everything);
      await deletions.delete(operator, 'prod', 'shop/api', ['latest'], { force: true });
      expect(left()).not.toContain('latest');
    },
    { uses },
  );
});

it('keeps manifests when not every tag was looked at, and refuses what was named by digest', async () => {
  registry.put('many', single, ...Array.from({ length: 2000 }, (_, i) => `t${i}`));
  registry.put('many', shared, 'one');
  await withDeletions(async (deletions) => {
    const plan = await deletions.delete(operator, 'prod', 'many', ['one', single.digest], { dryRun: true });
    expect(plan.partial).toContain('2001 tags');
    expect(plan.items[0]).toMatchObject({ manifest: false, usedBy: [] });
    expect(plan.items[1]?.usedBy.map(({ kind }) => kind)).toContain('partial-listing');
    // Neither is asked for tag by tag.
    expect(registry.requests.filter(({ method }) => method === 'HEAD')).toHaveLength(2);
  });
});

it('is not tried where only the vendor’s own interface deletes', () =>
  withDeletions(
    async (deletions) => {
      await expect(deletions.delete(operator, 'prod', 'shop/api', ['1'])).rejects.toMatchObject({ code: 'unsupported' });
      expect(registry.requests).toEqual([]);
    },
    { trait: 'provider' },
  ));

describe('by the vendor’s own interface', () => {
  const asked: Deletable[] = [];
  const vendorOf = (grain: VendorDeletion['grain']): VendorDeletion => ({ grain, delete: async (what) => void asked.push(what) });
  beforeEach(() => void (asked.length = 0));

  it('takes a tag of two, and an image that nothing else needs', () =>
    withDeletions(
      async (deletions) => {
        const { items } = await deletions.delete(operator, 'prod', 'shop/api', ['1', 'single']);
        expect(items.map(({ manifest, outcome }) => [manifest, outcome])).toEqual([
          [false, 'deleted'],
          [true, 'deleted'],
        ]);
        expect(asked).toEqual([{ tag: '1' }, { digest: single.digest }]);
      },
      { trait: 'provider', vendor: vendorOf('both') },
    ));

  it('takes tags and never the image with them where it deletes tags, and refuses digests before anything went', () =>
    withDeletions(
      async (deletions) => {
        const { items } = await deletions.delete(operator, 'prod', 'shop/api', ['single']);
        expect(items[0]).toMatchObject({ manifest: false, outcome: 'deleted' });
        expect(asked).toEqual([{ tag: 'single' }]);
        await expect(deletions.delete(operator, 'prod', 'shop/api', ['1', single.digest])).rejects.toMatchObject({ code: 'unsupported' });
        expect(asked).toHaveLength(1);
      },
      { trait: 'provider', vendor: vendorOf('tags') },
    ));

  it('takes no tag whose image an index or another tag needs where it deletes whole images', () =>
    withDeletions(
      async (deletions) => {
        const { items } = await deletions.delete(operator, 'prod', 'shop/api', ['multi-amd64', 'latest', 'single']);
        expect(items.map(({ outcome, failure }) => [outcome, failure?.code])).toEqual([
          ['failed', 'unsupported'],
          ['failed', 'unsupported'],
          ['deleted', undefined],
        ]);
        expect(asked).toEqual([{ digest: single.digest }]);
      },
      { trait: 'provider', vendor: vendorOf('manifests') },
    ));
});

it('is not done when the listing breaks, nor for viewers', () =>
  withDeletions(async (deletions) => {
    await expect(deletions.delete(principal('viewer'), 'prod', 'shop/api', ['1'])).rejects.toMatchObject({ code: 'forbidden' });
    expect(registry.requests).toEqual([]);
    registry.faults.add({ path: '/tags/list', times: Number.POSITIVE_INFINITY }, { answer: { status: 403 } });
    await expect(deletions.delete(operator, 'prod', 'shop/api', ['1'])).rejects.toMatchObject({ code: 'registry_denied' });
    await expect(deletions.delete(operator, 'prod', 'shop/api', ['UPPER/case!'])).rejects.toMatchObject({ code: 'invalid_reference' });
    expect(left()).toEqual(everything);
  }));
