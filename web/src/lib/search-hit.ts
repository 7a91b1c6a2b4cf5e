import type { SearchHit } from '../api/types.ts';
import { shortDigest } from './format.ts';
import { paths } from './paths.ts';

/** Where a hit leads. */
export function hitPath(hit: SearchHit): string {
  if (hit.repository === undefined) return paths.registry(hit.registry);
  if (hit.kind === 'repository') return paths.repository(hit.registry, hit.repository);
  if (hit.tag !== undefined) return paths.image(hit.registry, { repository: hit.repository, tag: hit.tag });
  if (hit.digest !== undefined) return paths.image(hit.registry, { repository: hit.repository, digest: hit.digest });
  return paths.repository(hit.registry, hit.repository);
}

/** What a hit is called in a list, and where it is. */
export function hitWords(hit: SearchHit): { label: string; place: string } {
  switch (hit.kind) {
    case 'registry':
      return { label: hit.registry, place: 'registry' };
    case 'repository':
      return { label: hit.repository ?? hit.text, place: hit.registry };
    case 'tag':
      return { label: `${hit.repository ?? ''}:${hit.tag ?? ''}`, place: hit.registry };
    case 'digest':
      return { label: `${hit.repository ?? ''}@${shortDigest(hit.digest ?? '')}`, place: hit.registry };
  }
}
