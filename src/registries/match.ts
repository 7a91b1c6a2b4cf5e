/** What of a registry decides whether a reference belongs to it. */
export interface MatchCandidate {
  /** `host[:port][/path]`. */
  prefix: string;
  /** Hosts that mean the same registry (docker.io, index.docker.io, registry-1.docker.io). */
  hosts: readonly string[];
  default: boolean;
  createdAt: number;
}

/**
 * Orders the candidates that a repository belongs to, best first. A prefix matches on whole path components only
 * (`ghcr.io/org` never takes `ghcr.io/org-b/app`), and the one with the most components wins; among equals the default
 * registry, then the oldest.
 *
 * @param host lower-case registry host of the reference, as `parseReference` gives it
 * @param repository path of the reference
 */
export function rankMatches<T extends MatchCandidate>(host: string, repository: string, candidates: Iterable<T>): T[] {
  const matches: { candidate: T; depth: number }[] = [];
  for (const candidate of candidates) {
    const depth = matchDepth(host.toLowerCase(), repository, candidate);
    if (depth !== undefined) matches.push({ candidate, depth });
  }
  return matches
    .sort(
      (a, b) =>
        b.depth - a.depth || Number(b.candidate.default) - Number(a.candidate.default) || a.candidate.createdAt - b.candidate.createdAt,
    )
    .map((match) => match.candidate);
}

/** Number of path components of the prefix that match, 0 for the host alone; undefined when it does not match. */
function matchDepth(host: string, repository: string, candidate: MatchCandidate): number | undefined {
  const slash = candidate.prefix.indexOf('/');
  const prefixHost = slash === -1 ? candidate.prefix : candidate.prefix.slice(0, slash);
  const path = slash === -1 ? '' : candidate.prefix.slice(slash + 1);
  const sameHost = prefixHost === host || (candidate.hosts.includes(prefixHost) && candidate.hosts.includes(host));
  if (!sameHost) return undefined;
  if (path === '') return 0;
  if (repository !== path && !repository.startsWith(`${path}/`)) return undefined;
  return path.split('/').length;
}
