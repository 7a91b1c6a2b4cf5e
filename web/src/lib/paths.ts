/** Addresses inside the page. Image addresses read like references: `/images/prod/shop/api:1.8.2`. */
export interface ImagePlace {
  repository: string;
  tag?: string;
  digest?: string;
}

const segment = (text: string) => encodeURIComponent(text);
const slashed = (text: string) => text.split('/').map(segment).join('/');

export const paths = {
  registries: '/registries',
  connect: '/connect',
  registry: (name: string, tab?: 'repositories' | 'credential' | 'clients' | 'activity' | 'edit') =>
    `/registries/${segment(name)}${tab === undefined ? '' : `/${tab}`}`,
  repository: (registry: string, repository: string) => `/images/${segment(registry)}/${slashed(repository)}`,
  image: (registry: string, place: ImagePlace) =>
    `/images/${segment(registry)}/${slashed(place.repository)}${
      place.tag === undefined ? `@${place.digest ?? ''}` : `:${segment(place.tag)}`
    }`,
  images: '/images',
  alerts: '/alerts',
  import: '/import',
  distribution: '/distribution',
  copy: (id: string) => `/distribution/copies/${segment(id)}`,
  /** Starting a copy; what is known of it already goes along. */
  copyNew: (source?: { registry: string; repository?: string; reference?: string }) => {
    const query = new URLSearchParams(source).toString();
    return `/distribution/new${query === '' ? '' : `?${query}`}`;
  },
  syncRules: '/distribution/rules',
  syncRuleNew: '/distribution/rules/new',
  syncImport: '/distribution/rules/import',
  syncRule: (id: string) => `/distribution/rules/${segment(id)}`,
  syncRuleEdit: (id: string) => `/distribution/rules/${segment(id)}/edit`,
  activity: '/activity',
  settings: (tab: 'account' | 'people' | 'projects' | 'tokens' | 'about' = 'account') => `/settings/${tab}`,
} as const;

/** Reads what follows `/images/<registry>/`: a repository, or with `:tag` or `@digest` one of its images. */
export function parseImagePlace(rest: string): ImagePlace {
  const text = decode(rest);
  const at = text.indexOf('@');
  if (at > 0) {
    const before = parseImagePlace(text.slice(0, at));
    return { repository: before.repository, digest: text.slice(at + 1) };
  }
  const colon = text.lastIndexOf(':');
  if (colon > text.lastIndexOf('/') && colon > 0) return { repository: text.slice(0, colon), tag: text.slice(colon + 1) };
  return { repository: text };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
