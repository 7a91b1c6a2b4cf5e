import type { Traits } from '../../provider/define.ts';
import { basePath } from '../url.ts';
import type { Registry } from '../types.ts';

type Shown = Pick<Registry, 'name' | 'url' | 'prefix' | 'namespace'>;

/**
 * Why a narrowed credential would open more than the registry shows to those who may only look; undefined when it would not.
 * What it shows is below its namespace, and below the path of its prefix: other references are for other registries.
 *
 * @param repositories names as in `/v2/<name>/`; empty for the whole registry
 */
export function beyondShown(registry: Shown, grain: Traits['scopedTo'], repositories: readonly string[]): string | undefined {
  // Of kinds other than images, too: what the issuer keeps beside them is opened by the same token.
  if (grain === 'registry') return 'Its credentials open everything that their issuer has, not its repositories alone.';
  const below = pathOf(registry);
  const places = [registry.namespace, below].filter((place) => place !== '');
  if (repositories.length === 0) {
    // Without names a provider goes by the namespace alone.
    if (isBelow(registry.namespace, below)) return undefined;
    return `It shows only what is below ${below}: name the repositories.`;
  }
  const outside = repositories.find((name) => places.some((place) => !isBelow(name, place)));
  if (outside !== undefined) return `${outside} is not below ${places.join(' and ')}, which is all that it shows.`;
  // Each set of projects is an account that the registry has to make: one a project is enough, and not as many as there are sets.
  if (grain === 'namespace' && new Set(repositories.map(projectOf)).size > 1) return 'Ask for the repositories of one project at a time.';
  const part = grain === 'namespace' ? places.find((place) => place.includes('/')) : undefined;
  return part === undefined ? undefined : `They open all of ${part.split('/', 1)[0]}, and it shows only what is below ${part}.`;
}

/** What a credential for named repositories opens beside them; undefined for nothing. */
export function grainReason(grain: Traits['scopedTo'], repositories: readonly string[]): string | undefined {
  if (grain !== 'namespace' || repositories.length === 0) return undefined;
  const names = [...new Set(repositories.map(projectOf))].slice(0, 5);
  return `It opens all of ${names.join(', ')}: this registry makes no narrower ones.`;
}

/** The path of the prefix as names of the registry's API have it: that of the URL, which references hold, is no part of them. */
function pathOf({ url, prefix }: Shown): string {
  const slash = prefix.indexOf('/');
  const path = slash < 0 ? '' : prefix.slice(slash + 1);
  const base = basePath(new URL(url)).slice(1);
  if (base === '') return path;
  return path.startsWith(`${base}/`) ? path.slice(base.length + 1) : '';
}

const projectOf = (name: string): string => name.split('/', 1)[0] ?? name;

function isBelow(name: string, place: string): boolean {
  return place === '' || name === place || name.startsWith(`${place}/`);
}
