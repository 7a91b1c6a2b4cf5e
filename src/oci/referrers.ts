import { type CallOptions, calling } from './call-options.ts';
import { ContentError } from './content-error.ts';
import { type Descriptor, readDescriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { RegistryError } from './errors.ts';
import { field, isObject, parseJson } from './json.ts';
import { nextLink } from './link.ts';
import { maxManifestBytes, parseManifest } from './manifest.ts';
import { bareMediaType, manifestAccept, mediaTypes } from './media-types.ts';
import { followLink, maxPageBytes } from './pagination.ts';
import { redactUrl } from './redact.ts';
import { readingAnswer, refuseForeignBody } from './registry-errors.ts';
import type { RegistrySession } from './registry-session.ts';
import type { TransportResponse } from './transport.ts';

export interface Referrers {
  /** How they were found; `none`: the registry has neither the API nor the fallback tag. */
  via: 'api' | 'tag-schema' | 'none';
  manifests: Descriptor[];
}

export interface ReferrersQuery extends CallOptions {
  repository: string;
  digest: Digest;
  scopes: readonly string[];
  artifactType?: string;
}

const maxPages = 100;
/** What registries without the API answer: 404 by the specification, the others as seen in the wild for an unknown path. */
const withoutApi = [400, 404, 405, 406, 501];

/**
 * Referrers of a manifest (OCI distribution specification, "Listing Referrers"), by the API, else by the referrers tag schema.
 */
export async function findReferrers(session: RegistrySession, query: ReferrersQuery): Promise<Referrers> {
  const manifests: Descriptor[] = [];
  const seen = new Set<string>();
  const what = `referrers of ${query.repository}@${query.digest}`;
  let url: URL | undefined = session.endpoint(`${query.repository}/referrers/${query.digest}`);
  if (query.artifactType !== undefined) url.searchParams.set('artifactType', query.artifactType);
  while (url) {
    if (seen.has(url.href) || seen.size >= maxPages) {
      throw new RegistryError(`The list of ${what} does not end.`, {
        code: 'pagination_endless',
        method: 'GET',
        url: redactUrl(url),
        retry: 'never',
      });
    }
    const first = seen.size === 0;
    seen.add(url.href);
    const answer = await session.call({
      url,
      scopes: query.scopes,
      what,
      headers: { accept: mediaTypes.ociIndex },
      maxBytes: maxPageBytes,
      ...(first ? { allow: withoutApi } : {}),
      ...calling(query),
    });
    // Some registries without the API answer 200 with something else, such as their start page.
    if (first && (answer.status >= 300 || bareMediaType(answer.headers['content-type']) !== mediaTypes.ociIndex))
      return byTag(session, query);
    const page: URL = url;
    const found = readingAnswer(answer, { method: 'GET', url: page }, () => readPage(answer));
    const filtered = answer.headers['oci-filters-applied']?.split(',').some((name) => name.trim() === 'artifactType');
    for (const descriptor of filtered ? found : ofType(found, query.artifactType)) manifests.push(descriptor);
    const link = readingAnswer(answer, { method: 'GET', url: page }, () => nextLink(answer.headers.link));
    url = link === undefined ? undefined : followLink(session, { what }, page, link);
  }
  return { via: 'api', manifests };
}

/**
 * The tag that holds the referrers of a digest where there is no API: algorithm cut to 32 and encoded part to 64 characters, joined by
 * a dash.
 */
export function referrersTag(digest: Digest): string {
  const colon = digest.indexOf(':');
  return `${digest.slice(0, Math.min(colon, 32))}-${digest.slice(colon + 1, colon + 65)}`;
}

/**
 * Whether a tag is one of those that hold what refers to another manifest: the fallback tag, or Cosign's `.sig`, `.att` and `.sbom`.
 * They are no versions of anything.
 */
export function isReferrersTag(tag: string): boolean {
  return /^sha(?:256|512)-[a-f0-9]{64}(?:\.(?:sig|att|sbom))?$/.test(tag);
}

async function byTag(session: RegistrySession, query: ReferrersQuery): Promise<Referrers> {
  const tag = referrersTag(query.digest);
  const url = session.endpoint(`${query.repository}/manifests/${tag}`);
  const answer = await session.call({
    url,
    scopes: query.scopes,
    what: `${query.repository}:${tag}`,
    headers: { accept: manifestAccept },
    maxBytes: maxManifestBytes,
    allow: [404],
    ...calling(query),
  });
  if (answer.status === 404) return { via: 'none', manifests: [] };
  const { index } = readingAnswer(answer, { method: 'GET', url }, () => {
    refuseForeignBody(answer);
    return parseManifest(answer.bytes, answer.headers['content-type']);
  });
  // A single image under that tag is somebody's image, not a list of referrers.
  return index ? { via: 'tag-schema', manifests: ofType(index.manifests, query.artifactType) } : { via: 'none', manifests: [] };
}

function readPage(answer: TransportResponse): Descriptor[] {
  const json = parseJson(answer.bytes, 'The list of referrers');
  const manifests = isObject(json) ? field(json, 'manifests') : undefined;
  if (manifests === null) return [];
  if (!Array.isArray(manifests)) throw new ContentError('The list of referrers has no "manifests".');
  return manifests.map((entry, i) => readDescriptor(entry, `manifests[${i}]`));
}

function ofType(descriptors: readonly Descriptor[], artifactType: string | undefined): Descriptor[] {
  return artifactType === undefined ? [...descriptors] : descriptors.filter((descriptor) => descriptor.artifactType === artifactType);
}
