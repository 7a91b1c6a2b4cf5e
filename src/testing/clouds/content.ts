import { createHash } from 'node:crypto';
import type { Answer, Call } from './serve.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Repositories and tags of a fake cloud: enough of a registry to show whether a credential opens it. */
export class CloudContent {
  readonly repositories = new Map<string, Map<string, { digest: string; manifest: string; pushedAt: number }>>();

  addRepository(name: string): void {
    if (!this.repositories.has(name)) this.repositories.set(name, new Map());
  }

  addTag(repository: string, tag: string, pushedAt: number): void {
    this.addRepository(repository);
    const config = digestOf(`${repository}:${tag}`);
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
      layers: [],
    });
    this.repositories.get(repository)?.set(tag, { digest: digestOf(manifest), manifest, pushedAt });
  }

  /** Another tag of what a tag points to. */
  addAlias(repository: string, tag: string, of: string): void {
    const tags = this.repositories.get(repository);
    const entry = tags?.get(of);
    if (!tags || !entry) throw new Error(`There is no ${repository}:${of}`);
    tags.set(tag, entry);
  }

  /** Removes a tag, or all tags of a digest. Returns false when nothing of the kind was there. */
  remove(repository: string, what: { tag: string } | { digest: string }): boolean {
    const tags = this.repositories.get(repository);
    if (!tags) return false;
    if ('tag' in what) return tags.delete(what.tag);
    const gone = [...tags].filter(([, { digest }]) => digest === what.digest);
    for (const [tag] of gone) tags.delete(tag);
    return gone.length > 0;
  }

  /** Answers `/v2/<name>/tags/list` and `/v2/<name>/manifests/<reference>`; undefined for other paths. */
  answer(call: Call): Answer | undefined {
    const { pathname, searchParams } = call.url;
    const tags = /^\/v2\/(.+)\/tags\/list$/.exec(pathname);
    if (tags) {
      const found = this.repositories.get(tags[1] ?? '');
      if (!found) return unknownName();
      const limit = Number(searchParams.get('n') ?? 1000);
      const names = [...found.keys()].toSorted().filter((name) => name > (searchParams.get('last') ?? ''));
      const page = names.slice(0, limit);
      const link =
        names.length > limit ? { link: `<${pathname}?n=${limit}&last=${encodeURIComponent(page.at(-1) ?? '')}>; rel="next"` } : undefined;
      return { status: 200, headers: link, body: { name: tags[1], tags: page } };
    }
    const manifests = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(pathname);
    if (!manifests) return undefined;
    const found = this.repositories.get(manifests[1] ?? '');
    if (!found) return unknownName();
    const reference = manifests[2] ?? '';
    const entry = found.get(reference) ?? [...found.values()].find(({ digest }) => digest === reference);
    if (!entry) return { status: 404, body: { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] } };
    return {
      status: 200,
      headers: {
        'content-type': manifestType,
        'docker-content-digest': entry.digest,
        'content-length': String(Buffer.byteLength(entry.manifest)),
      },
      body: entry.manifest,
    };
  }
}

/** That an upload may begin: as far as fake clouds take a push, which shows whether a credential opens it. */
export function uploadBegun(repository: string): Answer {
  return { status: 202, headers: { location: `/v2/${repository}/blobs/uploads/0123`, range: '0-0' } };
}

function unknownName(): Answer {
  return { status: 404, body: { errors: [{ code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }] } };
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
