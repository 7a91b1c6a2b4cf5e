import { renderBuildkit } from './buildkit.ts';
import { renderContainerd } from './containerd.ts';
import { renderContainers } from './containers.ts';
import { renderDocker } from './docker.ts';
import { type Facts, factsOf } from './facts.ts';
import type { Parts } from './parts.ts';
import type { ClientConfig, ClientConfigOptions, ClientId, ClientRegistry } from './types.ts';

const renderers: Readonly<Record<ClientId, (facts: Facts) => Parts>> = {
  docker: renderDocker,
  containerd: renderContainerd,
  buildkit: renderBuildkit,
  podman: (facts) => renderContainers(facts, 'podman'),
  skopeo: (facts) => renderContainers(facts, 'skopeo'),
  buildah: (facts) => renderContainers(facts, 'buildah'),
  'cri-o': (facts) => renderContainers(facts, 'cri-o'),
};

/**
 * The files that a client needs to reach a registry as it is set up here, where each goes, and what to do after. Pure; holds
 * no secret, and nothing that is not needed.
 *
 * @throws InvalidSettings at `mirrorOf` or `mirrors` for what is no host or what the client cannot do
 */
export function renderClientConfig(registry: ClientRegistry, options: ClientConfigOptions): ClientConfig {
  const facts = factsOf(registry, options);
  const { files, commands, notes } = renderers[options.client](facts);
  if (facts.mirrorOf && facts.mirrorPath !== '') {
    notes.push(`Images of ${facts.mirrorOf.host} are looked for below ${facts.mirrorPath} in this registry, its namespace.`);
  }
  if (facts.basePath !== '') {
    notes.push(`Clients ask ${facts.host} itself (/v2/…), never below ${facts.basePath}: the registry has to answer there, too.`);
  }
  return { client: options.client, files, commands, notes };
}
