import type { CallOptions, Descriptor, Manifest, OciLayout, Place, ReadTarget, WriteTarget } from '../../oci/index.ts';
import { isDigest, isTag, parseRepositoryName, TagboatError } from '../../oci/index.ts';

type Options<Key extends 'openBlob' | 'pushBlob'> = Parameters<OciLayout[Key]>[1];

/**
 * One of many repositories in an OCI layout: its tags stand in the layout's index as `repository:tag`. Blobs are the layout's, whichever
 * repository they came with, so that what several have lies there once.
 */
export class LayoutRepository implements ReadTarget, WriteTarget {
  readonly place: Place;
  readonly label: string;
  readonly verifies: boolean;
  readonly #layout: OciLayout;
  readonly #name: string;

  constructor(layout: OciLayout, name: string) {
    this.#layout = layout;
    this.#name = parseRepositoryName(name);
    // The same for all: what is there for one is there for each.
    this.place = layout.place;
    this.label = `${layout.label}/${name}`;
    this.verifies = layout.verifies;
  }

  async *listTags(_options?: CallOptions): AsyncGenerator<readonly string[], void, undefined> {
    const names = await this.#layout.names();
    yield names.flatMap(({ name }) => {
      const place = splitName(name);
      return place?.repository === this.#name ? [place.tag] : [];
    });
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    return this.#layout.resolve(this.#nameOf(reference), options);
  }

  manifest(reference: string, options?: CallOptions): Promise<Manifest> {
    return this.#layout.manifest(this.#nameOf(reference), options);
  }

  openBlob(digest: string, options?: Options<'openBlob'>): ReturnType<OciLayout['openBlob']> {
    return this.#layout.openBlob(digest, options);
  }

  referrers(digest: string, options?: CallOptions): ReturnType<OciLayout['referrers']> {
    return this.#layout.referrers(digest, options);
  }

  hasBlob(digest: string): Promise<boolean> {
    return this.#layout.hasBlob(digest);
  }

  pushBlob(source: Parameters<OciLayout['pushBlob']>[0], options?: Options<'pushBlob'>): ReturnType<OciLayout['pushBlob']> {
    return this.#layout.pushBlob(source, options);
  }

  pushManifest(manifest: Manifest, reference: string): Promise<{ subject: boolean }> {
    return this.#layout.pushManifest(manifest, this.#nameOf(reference));
  }

  /** Takes the tag away if it points to that digest. False when it does not. */
  removeTag(tag: string, digest: string): Promise<boolean> {
    return this.#layout.removeName(this.#nameOf(tag), digest);
  }

  #nameOf(reference: string): string {
    return isDigest(reference) ? reference : `${this.#name}:${reference}`;
  }
}

/** Repositories that a layout has images of. */
export async function layoutRepositories(layout: OciLayout): Promise<string[]> {
  const names = await layout.names();
  return [...new Set(names.flatMap(({ name }) => splitName(name)?.repository ?? []))].sort();
}

/** Repository and tag of a name in a layout's index; undefined for what names no repository. */
export function splitName(name: string): { repository: string; tag: string } | undefined {
  const colon = name.lastIndexOf(':');
  const [repository, tag] = [name.slice(0, Math.max(0, colon)), name.slice(colon + 1)];
  if (colon < 0 || !isTag(tag)) return undefined;
  try {
    return { repository: parseRepositoryName(repository), tag };
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    return undefined;
  }
}
