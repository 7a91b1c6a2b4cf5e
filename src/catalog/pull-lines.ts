import { familiarReference, formatReference, type Reference } from '../oci/index.ts';
import type { ContentKind, PullLines } from './types.ts';

/**
 * Lines that fetch exactly this content, by digest. Tag and digest together are left out on purpose: podman and CRI-O did not
 * accept that for a long time.
 */
export function pullLines(reference: Reference & { digest: string }, kind: ContentKind, tag?: string): PullLines {
  const { registry, repository, digest } = reference;
  const pinned = formatReference({ registry, repository, digest });
  const familiar = familiarReference({ registry, repository, digest });
  return {
    docker: `docker pull ${familiar}`,
    podman: `podman pull ${pinned}`,
    kubernetes: `image: ${pinned}`,
    dockerfile: `FROM ${familiar}`,
    ...(kind === 'helm-chart' && {
      helm: `helm pull oci://${registry}/${repository}${tag ? ` --version ${tag.replaceAll('_', '+')}` : `@${digest}`}`,
    }),
    ...(kind === 'artifact' && { oras: `oras pull ${pinned}` }),
  };
}
