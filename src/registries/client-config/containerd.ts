import { dockerHub, type Facts, type Place } from './facts.ts';
import { certificateFiles, noParts, type Parts, reachableAsItIs, remarkOnTls, tomlFile, tomlTables } from './parts.ts';
import type { TomlTable } from './toml.ts';
import type { ClientFile } from './types.ts';

const hostsFolder = '/etc/containerd/certs.d';

/** Table of config.toml that names the folder, by major version (containerd/docs/cri/registry.md). */
const plugins = { 1: 'io.containerd.grpc.v1.cri', 2: 'io.containerd.cri.v1.images' } as const;

/**
 * containerd: one folder a host with `hosts.toml` (containerd/docs/hosts.md), read at every pull; files beside it are named relative
 * to it, so that the folder can be elsewhere (k3s, Bottlerocket).
 */
export function renderContainerd(facts: Facts): Parts {
  const parts = noParts();
  const { prefix, mirrorOf, mirrors } = facts;
  const needed = !reachableAsItIs(facts);

  if (needed || mirrors.length > 0) parts.files.push(ownHosts(facts));
  if (needed) parts.files.push(...certificateFiles(`${hostsFolder}/${prefix.host}`, facts));
  if (mirrorOf) parts.files.push(mirrorHosts(facts, mirrorOf));
  if (parts.files.length > 0) {
    parts.files.push(configFile(facts.containerd));
    parts.commands.push({
      description: 'Once, after config.toml has changed; hosts.toml is read at every pull',
      command: 'sudo systemctl restart containerd',
    });
    const other = facts.containerd === 1 ? 2 : 1;
    parts.notes.push(
      `config.toml is for containerd ${facts.containerd}; in containerd ${other} the table is [plugins."${plugins[other]}".registry] (version = ${other + 1}). A config_path cannot stand beside registry.mirrors or registry.configs: remove those.`,
      `ctr takes the folder as an option: ctr images pull --hosts-dir ${hostsFolder} <image>. k3s and RKE2 have registries.yaml instead.`,
      'Kubernetes: these files belong on every node. ca.crt alone in the folder would do as well, where hosts.toml is not wanted.',
    );
  }
  parts.notes.push(...remarkOnTls(facts, 'containerd'));
  if (facts.helper) {
    parts.notes.push(
      'containerd keeps no credentials: on Kubernetes the kubelet gives them (tagboat-kubelet-credential-provider, or pull secrets by `tagboat secret render`); nerdctl reads ~/.docker/config.json, as the docker client does.',
    );
  }
  if (facts.proxy !== undefined) {
    parts.notes.push(
      `${facts.name} is reached through the proxy ${facts.proxy}. containerd takes one for everything: HTTPS_PROXY and NO_PROXY in a drop-in of containerd.service.`,
    );
  }
  return parts;
}

/**
 * The settings stand at the root, too: containerd asks the server once more when the entries have no such image, by what is there;
 * and containerd 1.6 refuses a file without entries.
 */
function ownHosts(facts: Facts): ClientFile {
  const { prefix, mirrors } = facts;
  const tls = tlsSettings(facts, '');
  return tomlFile(`${hostsFolder}/${prefix.host}/hosts.toml`, facts, {
    server: facts.server,
    ...tls,
    host: {
      ...Object.fromEntries(mirrors.map(({ host, path }) => [mirrorUrl(`https://${host}`, path), mirrorTable(path)])),
      [facts.server]: { capabilities: ['pull', 'resolve', 'push'], ...tls },
    },
  });
}

/** The mirrored host's own folder: this registry is asked first, then the host itself. */
function mirrorHosts(facts: Facts, mirrorOf: Place): ClientFile {
  const upstream = mirrorOf.host === dockerHub ? 'registry-1.docker.io' : mirrorOf.host;
  return tomlFile(`${hostsFolder}/${mirrorOf.host}/hosts.toml`, facts, {
    server: `https://${upstream}`,
    host: {
      [mirrorUrl(facts.server, facts.mirrorPath)]: { ...mirrorTable(facts.mirrorPath), ...tlsSettings(facts, `../${facts.prefix.host}/`) },
    },
  });
}

/** Below a path, names follow the API's own `/v2`. */
function mirrorUrl(server: string, path: string): string {
  return path === '' ? server : `${server}/v2/${path}`;
}

function mirrorTable(path: string): TomlTable {
  return { capabilities: ['pull', 'resolve'], ...(path !== '' && { override_path: true }) };
}

/** @param folder of the certificates, relative to the file */
function tlsSettings(facts: Facts, folder: string): TomlTable {
  return {
    ...(facts.ca !== undefined && { ca: `${folder}ca.crt` }),
    ...(facts.clientCertificate !== undefined && { client: [[`${folder}client.cert`, `${folder}client.key`]] }),
    ...(facts.tls === 'insecure' && { skip_verify: true }),
  };
}

function configFile(major: 1 | 2): ClientFile {
  return tomlTables(
    '/etc/containerd/config.toml',
    { version: major + 1, plugins: { [plugins[major]]: { registry: { config_path: hostsFolder } } } },
    'Has the kubelet’s pulls read the folder. Often set up already.',
  );
}
