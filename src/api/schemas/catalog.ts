import { z } from 'zod';
import { list, page, pageQuery, partial, time } from './common.ts';

export const repository = z
  .object({
    registryId: z.string(),
    registry: z.string(),
    name: z.string(),
    reference: z.string().describe('host/name as docker pulls it'),
    createdAt: time.optional(),
    updatedAt: time.optional(),
    tagCount: z.int().optional(),
    pullCount: z.int().optional(),
    description: z.string().optional(),
    public: z.boolean().optional(),
    pinned: z.boolean(),
  })
  .meta({ id: 'Repository' });

export const tag = z
  .object({
    name: z.string(),
    digest: z.string().optional(),
    mediaType: z.string().optional(),
    kind: z.enum(['image', 'index', 'helm-chart', 'artifact', 'unknown']),
    artifactType: z.string().optional(),
    artifactTitle: z.string().optional().describe('What the artifact type is called: "Helm chart", "Cosign signature", …'),
    pushedAt: time.optional(),
    createdAt: time.optional(),
    size: z.int().optional().describe('Bytes, compressed'),
    platforms: z.array(z.string()).optional(),
    complete: z.boolean().optional().describe('False while digest, size or platforms have not been read yet'),
    subject: z.string().optional().describe('For tags such as sha256-….sig: the digest they say something of. They are no versions'),
    attached: z.array(z.string()).optional().describe('Titles of what such tags say of this one: "Cosign signature", …'),
  })
  .meta({ id: 'Tag' });

export const tagSort = z.enum(['pushed', '-pushed', 'semver', '-semver', 'name', '-name']);

export const tagQuery = pageQuery.extend({
  sort: tagSort.optional().describe('Default -pushed where push times are known, else -semver'),
  filter: z.string().max(200).optional().describe('Text, a glob (1.4.*), a semver range (>=1.4 <2) or /re2/'),
  details: z.stringbool().optional().describe('Complete digest, size and platforms of the page before answering'),
  refresh: z.stringbool().optional().describe('Ask the registry even if the list is fresh'),
});

export const tagPage = page(tag)
  .extend({ listedAt: time.optional(), unsortable: z.int().optional().describe('Tags that the chosen order says nothing of') })
  .meta({ id: 'TagPage' });

export const repositoryPage = page(repository).extend({ listedAt: time.optional() }).meta({ id: 'RepositoryPage' });

export const descriptor = z
  .object({
    mediaType: z.string(),
    digest: z.string(),
    size: z.int(),
    artifactType: z.string().optional(),
    platform: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: 'Descriptor' });

export const layer = descriptor
  .extend({ command: z.string().optional().describe('What made it'), createdAt: time.optional(), empty: z.boolean() })
  .meta({ id: 'Layer' });

export const imageConfig = z
  .object({
    os: z.string().optional(),
    architecture: z.string().optional(),
    variant: z.string().optional(),
    createdAt: time.optional(),
    author: z.string().optional(),
    user: z.string().optional(),
    workingDir: z.string().optional(),
    entrypoint: z.array(z.string()).optional(),
    cmd: z.array(z.string()).optional(),
    env: z.array(z.string()).optional(),
    ports: z.array(z.string()).optional(),
    volumes: z.array(z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    stopSignal: z.string().optional(),
  })
  .meta({ id: 'ImageConfig' });

export const referrer = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    size: z.int(),
    artifactType: z.string().optional(),
    title: z.string().describe('Signature, SBOM, attestation, …'),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: 'Referrer' });

export const pullLines = z
  .object({
    docker: z.string(),
    podman: z.string(),
    kubernetes: z.string(),
    dockerfile: z.string(),
    helm: z.string().optional().describe('For charts, which the lines above cannot pull'),
    oras: z.string().optional().describe('For other artifacts, which the lines above cannot pull'),
  })
  .meta({ id: 'PullLines' });

/** One platform's image, or an artifact. */
export const imageManifest = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    size: z.int().describe('Bytes of config and layers, compressed'),
    platform: z.string().optional(),
    config: imageConfig.optional(),
    configDescriptor: descriptor.optional(),
    layers: z.array(layer),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: 'ImageManifest' });

export const image = z
  .object({
    registryId: z.string(),
    registry: z.string(),
    repository: z.string(),
    tag: z.string().optional(),
    reference: z.string(),
    digest: z.string(),
    mediaType: z.string(),
    kind: z.enum(['image', 'index', 'helm-chart', 'artifact']),
    artifactType: z.string().optional(),
    artifactTitle: z.string().optional(),
    platforms: z.array(descriptor).describe('Of an index; empty for a single image'),
    manifest: imageManifest.optional().describe("The chosen platform's, or the only one"),
    annotations: z.record(z.string(), z.string()).optional(),
    pull: pullLines,
    otherTags: z.array(z.string()).describe('Known tags of the same digest'),
  })
  .meta({ id: 'Image' });

export const referrers = z
  .object({ items: z.array(referrer), via: z.enum(['api', 'tag-schema', 'none']), partial: partial.optional() })
  .meta({ id: 'Referrers' });

export const repositoryQuery = pageQuery.extend({
  q: z.string().max(200).optional().describe('Text that the name contains'),
  refresh: z.stringbool().optional().describe('Ask the registry even if the list is fresh'),
});

export const imageQuery = z.strictObject({
  platform: z.string().max(100).optional().describe('`os/arch[/variant]`; default linux/amd64 where there is one, else the first'),
});

export const searchQuery = z.strictObject({
  q: z.string().min(1).max(300).describe('Part of a name, an image reference or a digest'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

export const searchHit = z
  .object({
    kind: z.enum(['registry', 'repository', 'tag', 'digest']),
    registryId: z.string(),
    registry: z.string(),
    repository: z.string().optional(),
    tag: z.string().optional(),
    digest: z.string().optional(),
    text: z.string(),
  })
  .meta({ id: 'SearchHit' });

export const searchResult = list(searchHit).extend({ partial: partial.optional() }).meta({ id: 'SearchResult' });
