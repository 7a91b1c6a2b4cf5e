import type { Clock } from '../core/clock.ts';
import { TagboatError } from '../core/errors.ts';
import { type Descriptor, formatPlatform, isIndexType, type Manifest, selectPlatform } from '../oci/index.ts';
import { artifactTypeOfContent, isImageType } from './artifact-kinds.ts';
import { throwIfCanceled } from './flights.ts';
import { forEachLimited } from './for-each-limited.ts';
import { parseImageConfig, toTime } from './image-config.ts';
import { contentSize } from './manifest-view.ts';
import { isCanceled, partialOf } from './partial.ts';
import type { Content, ContentSource } from './source.ts';
import type { CatalogStore } from './store.ts';
import type { KnownTag, TagEntry } from './tag-listing.ts';
import type { Partial } from './types.ts';

/** Tags that are looked at side by side; registries limit more than that. */
const concurrency = 6;
/** How long a digest is believed, in milliseconds. */
export const resolvedFor = 60_000;

/** Failures of one tag alone: the others are worth a try. */
const ownFailures: ReadonlySet<string> = new Set(['registry_not_found', 'schema1_unsupported', 'invalid_answer', 'integrity']);

/** Whether digest, size and platforms are known. */
export function isComplete(tag: KnownTag): boolean {
  return tag.digest !== undefined && tag.platforms !== undefined && tag.mediaType !== undefined;
}

/** Reads what listings do not say of tags: digest, size, platforms, creation time. Only for the rows that somebody looks at. */
export class TagDetails {
  readonly #store: Pick<CatalogStore, 'completeTags'>;
  readonly #content: Content;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(store: Pick<CatalogStore, 'completeTags'>, content: Content, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#content = content;
    this.#clock = clock;
  }

  /**
   * Completes entries in place, and keeps what was found. Digests that were confirmed within the last minute are believed;
   * those of a provider that lists digests are as young as the listing.
   *
   * @returns why some entries are incomplete still
   */
  async complete(
    source: ContentSource,
    entries: readonly TagEntry[],
    options: { listedAt: number; refresh?: boolean; signal?: AbortSignal },
  ): Promise<Partial | undefined> {
    const since = this.#clock.now() - resolvedFor;
    const digestsAreListed = (await source.open()).provider.listTags !== undefined;
    const isYoung = ({ digest, resolvedAt }: KnownTag) =>
      digest !== undefined && !options.refresh && (resolvedAt ?? 0) > since
        ? true
        : digest !== undefined && digestsAreListed && options.listedAt > since;
    const due = entries.filter(({ tag }) => !isComplete(tag) || !isYoung(tag));
    const changed: KnownTag[] = [];
    const failures: TagboatError[] = [];
    try {
      await forEachLimited(due, concurrency, async (entry) => {
        throwIfCanceled(options.signal);
        try {
          entry.tag = await this.#look(source, entry.tag, isYoung(entry.tag));
          changed.push(entry.tag);
        } catch (error) {
          if (!(error instanceof TagboatError) || !ownFailures.has(error.code)) throw error;
          failures.push(error);
        }
      });
    } catch (error) {
      if (!(error instanceof TagboatError) || isCanceled(error)) throw error;
      failures.unshift(error);
    } finally {
      if (changed.length > 0) await this.#store.completeTags(source, changed);
    }
    const [first] = failures;
    if (!first) return undefined;
    const partial = partialOf(first, this.#clock.now());
    const missing = due.length - changed.length;
    return { ...partial, reason: missing > 1 ? `${missing} tags could not be read; the first failure: ${partial.reason}` : partial.reason };
  }

  async #look(source: ContentSource, tag: KnownTag, young: boolean): Promise<KnownTag> {
    const now = this.#clock.now();
    if (tag.digest === undefined)
      return {
        ...this.#base(tag),
        ...(await this.#describe(source, await this.#content.manifestOfTag(source, tag.name))),
        resolvedAt: now,
      };
    let digest = tag.digest;
    if (!young) {
      const { client } = await source.open();
      ({ digest } = await client.repository(source.repository).resolve(tag.name));
    }
    if (digest === tag.digest && isComplete(tag)) return { ...tag, resolvedAt: now };
    const details = await this.#describe(source, await this.#content.manifest(source, digest));
    // What the provider said (times above all) holds as long as the tag points to the same.
    return { ...(digest === tag.digest ? tag : this.#base(tag)), ...details, resolvedAt: now };
  }

  /** What holds although the tag moved. The push time is that of the listing until the next one, so that pages keep their order. */
  #base({ name, seenAt, pushedAt }: KnownTag): KnownTag {
    return { name, seenAt, ...(pushedAt !== undefined && { pushedAt }) };
  }

  async #describe(source: ContentSource, manifest: Manifest): Promise<Omit<KnownTag, 'name' | 'seenAt'>> {
    const artifactType = artifactTypeOfContent(manifest);
    const base = { digest: manifest.digest as string, mediaType: manifest.mediaType, ...(artifactType && { artifactType }) };
    const annotated = toTime((manifest.image ?? manifest.index)?.annotations?.['org.opencontainers.image.created']);
    const created = annotated === undefined ? {} : { createdAt: annotated };
    if (manifest.kind === 'index') {
      const images = runnable(manifest.index?.manifests ?? []);
      const child = defaultImage(images);
      const of = child && (await this.#describe(source, await this.#content.manifest(source, child.digest)));
      const platforms = images.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []));
      return { ...base, platforms: [...new Set(platforms)], ...(of && pick(of)), ...created };
    }
    const size = contentSize(manifest);
    if (!isImageType(artifactType) || !manifest.image) return { ...base, size, platforms: [], ...created };
    const bytes = await this.#content.config(source, manifest.image.config);
    const config = bytes && parseImageConfig(bytes);
    const { os, architecture, variant } = config?.config ?? {};
    const platforms = os && architecture ? [formatPlatform({ os, architecture, ...(variant && { variant }) })] : [];
    return { ...base, size, platforms, ...(config?.createdAt === undefined ? created : { createdAt: config.createdAt }) };
  }
}

/** Manifests of an index that are images for some platform: BuildKit puts attestations beside them, for `unknown/unknown`. */
export function runnable(manifests: readonly Descriptor[]): Descriptor[] {
  return manifests.filter(({ platform, annotations }) => platform?.os !== 'unknown' && !annotations?.['vnd.docker.reference.type']);
}

/** linux/amd64 where there is one, else the first. */
export function defaultImage(manifests: readonly Descriptor[]): Descriptor | undefined {
  const images = manifests.filter(({ mediaType }) => !isIndexType(mediaType));
  return selectPlatform({ os: 'linux', architecture: 'amd64' }, images) ?? images[0];
}

function pick({ size, createdAt }: Omit<KnownTag, 'name' | 'seenAt'>): { size?: number; createdAt?: number } {
  return { ...(size !== undefined && { size }), ...(createdAt !== undefined && { createdAt }) };
}
