/** A scope of the Docker token protocol: `type[(class)]:name:action[,action]`. */
export interface Scope {
  /** `repository`, `registry`, … */
  type: string;
  /** Deprecated by the specification; kept. */
  class?: string;
  /** `library/alpine`, `catalog`; may contain a colon (`host:port/name`). */
  name: string;
  actions: readonly string[];
}

const maxScopes = 64;

/** Reads one scope; undefined when it is none, such as `*` (Gitea) or `aws` (Amazon ECR Public). */
export function parseScope(text: string): Scope | undefined {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first <= 0 || last === first || last === first + 1) return undefined;
  const kind = text.slice(0, first);
  const name = text.slice(first + 1, last);
  const actions = text
    .slice(last + 1)
    .split(',')
    .filter((action) => action !== '');
  const bracket = kind.indexOf('(');
  if (bracket < 0) return { type: kind, name, actions };
  if (bracket === 0 || !kind.endsWith(')')) return undefined;
  return { type: kind.slice(0, bracket), class: kind.slice(bracket + 1, -1), name, actions };
}

export function formatScope(scope: Scope): string {
  return `${scope.type}${scope.class === undefined ? '' : `(${scope.class})`}:${scope.name}:${scope.actions.join(',')}`;
}

/** The scopes of a challenge's `scope` parameter, separated by spaces; at most 64. */
export function splitScopes(text: string | undefined): string[] {
  return text === undefined
    ? []
    : text
        .split(' ')
        .filter((scope) => scope !== '')
        .slice(0, maxScopes);
}

/**
 * Unites scopes: one entry a resource, with the actions of all. What comes first stays first, so put what was newly demanded
 * first: some token servers honour only the first `scope` parameter. Text that is no scope is kept as it is.
 */
export function mergeScopes(...lists: readonly (readonly string[])[]): string[] {
  const merged = new Map<string, Set<string> | undefined>();
  for (const text of lists.flat()) {
    const scope = parseScope(text);
    if (!scope) {
      merged.set(text, undefined);
      continue;
    }
    const resource = formatScope({ ...scope, actions: [] });
    const actions = merged.get(resource) ?? new Set();
    for (const action of scope.actions) actions.add(action);
    merged.set(resource, actions);
  }
  return Array.from(merged, ([resource, actions]) => (actions ? resource + [...actions].join(',') : resource));
}

/** Whether every action of `wanted` is in `held`. */
export function coversScopes(held: readonly string[], wanted: readonly string[]): boolean {
  return canonicalScopes(mergeScopes(held, wanted)) === canonicalScopes(mergeScopes(held));
}

/** The same text for the same set of scopes, whatever the order: for keys of caches. */
export function canonicalScopes(scopes: readonly string[]): string {
  return mergeScopes(scopes)
    .map((text) => {
      const scope = parseScope(text);
      return scope ? formatScope({ ...scope, actions: scope.actions.toSorted() }) : text;
    })
    .toSorted()
    .join(' ');
}

/** `repository:<name>:<actions>`. */
export function repositoryScope(name: string, actions: readonly string[]): string {
  return `repository:${name}:${actions.join(',')}`;
}

/** What listing all repositories needs. */
export const catalogScope = 'registry:catalog:*';
