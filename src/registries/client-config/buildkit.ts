import { type Facts, placeText } from './facts.ts';
import {
  certificateFiles,
  dockerKey,
  helperNote,
  jsonFile,
  noParts,
  type Parts,
  reachableAsItIs,
  remarkOnTls,
  tomlTables,
} from './parts.ts';
import type { TomlTable } from './toml.ts';

const configFile = '/etc/buildkit/buildkitd.toml';

/** BuildKit: a table a host in `buildkitd.toml` (moby/buildkit/docs/buildkitd.toml.md). Credentials come from the client of a build. */
export function renderBuildkit(facts: Facts): Parts {
  const parts = noParts();
  const { prefix, mirrorOf, mirrors } = facts;
  const folder = `/etc/buildkit/certs/${facts.host}`;
  const registry: Record<string, TomlTable> = {};
  if (facts.tls !== 'verify' || facts.clientCertificate !== undefined) registry[facts.host] = tlsTable(facts, folder);
  const others = [...mirrors.map(placeText), ...(facts.alias ? [facts.host] : [])];
  if (others.length > 0) registry[prefix.host] = { ...registry[prefix.host], mirrors: others };
  // The daemon takes one table for docker.io, whichever of its hosts answers.
  const own = registry[facts.host];
  if (own && !facts.alias && facts.host !== prefix.host) {
    registry[prefix.host] = { ...own, ...registry[prefix.host] };
    delete registry[facts.host];
  }
  if (mirrorOf) {
    registry[mirrorOf.host] = { mirrors: [placeText({ host: facts.host, path: facts.mirrorPath })] };
  }

  if (Object.keys(registry).length > 0) {
    parts.files.push(...certificateFiles(folder, facts), tomlTables(configFile, { registry }));
    parts.commands.push(
      {
        description: 'A builder of docker buildx with this configuration; it copies the certificates along',
        command: `docker buildx create --name tagboat --driver docker-container --buildkitd-config ${configFile} --use`,
      },
      { description: 'Or, for a buildkitd that runs as a service', command: 'sudo systemctl restart buildkit' },
    );
    parts.notes.push(
      'A builder keeps the configuration that it was created with: remove and create it again after a change. Before buildx 0.15 the option is called --config.',
      'Rootless buildkitd: ~/.config/buildkit/buildkitd.toml. The builder inside the Docker daemon (driver docker) goes by the daemon’s configuration: see Docker.',
    );
  }
  if (facts.helper)
    parts.files.push(jsonFile('~/.docker/config.json', { credHelpers: { [dockerKey(prefix.host)]: 'tagboat' } }, helperNote));
  parts.notes.push(...remarkOnTls(facts, 'BuildKit'));
  if (facts.alias && !reachableAsItIs(facts)) {
    parts.notes.push(
      `BuildKit pulls ${prefix.host} from ${facts.host} by a mirror entry. A mirror is never pushed to: push to ${facts.host} by its own name.`,
    );
  }
  if (facts.proxy !== undefined) {
    parts.notes.push(
      `${facts.name} is reached through the proxy ${facts.proxy}. BuildKit takes one for everything: HTTPS_PROXY and NO_PROXY of buildkitd, or --driver-opt env.HTTPS_PROXY=… of docker buildx create.`,
    );
  }
  return parts;
}

function tlsTable(facts: Facts, folder: string): TomlTable {
  return {
    ...(facts.tls === 'plain' && { http: true }),
    ...(facts.tls === 'insecure' && { insecure: true }),
    ...(facts.ca !== undefined && { ca: [`${folder}/ca.crt`] }),
    ...(facts.clientCertificate !== undefined && { keypair: [{ key: `${folder}/client.key`, cert: `${folder}/client.cert` }] }),
  };
}
