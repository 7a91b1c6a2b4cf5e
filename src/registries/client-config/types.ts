import type { Registry } from '../types.ts';

/** Clients that are configured by files of their own. */
export const clientIds = ['docker', 'containerd', 'buildkit', 'podman', 'cri-o', 'skopeo', 'buildah'] as const;
export type ClientId = (typeof clientIds)[number];

/** How each is called in sentences. */
export const clientTitles: Readonly<Record<ClientId, string>> = {
  docker: 'Docker',
  containerd: 'containerd',
  buildkit: 'BuildKit',
  podman: 'Podman',
  'cri-o': 'CRI-O',
  skopeo: 'skopeo',
  buildah: 'Buildah',
};

/** A file on the machine of the client. */
export interface ClientFile {
  /** Absolute, or below the person's home folder: `~/…`. */
  path: string;
  /** As `chmod` takes it: `0644`. */
  mode: '0644' | '0600';
  /** All of the file; with `merge`, what has to be in it. */
  content: string;
  format: 'pem' | 'json' | 'toml';
  /** `merge`: the file may be there already, and what else is in it stays. */
  action: 'create' | 'merge';
  /** The content only says what belongs here: a private key, which is never handed out. */
  placeholder?: true;
  note?: string;
}

export interface ClientCommand {
  description: string;
  /** One line for a POSIX shell; holds nothing that comes from outside. */
  command: string;
}

/** What a client needs to reach one registry: nothing at all where its certificate is trusted anyway. */
export interface ClientConfig {
  client: ClientId;
  files: ClientFile[];
  /** To be run after the files are in place. */
  commands: ClientCommand[];
  notes: string[];
}

/** What of a registry a client has to know; never a secret. */
export type ClientRegistry = Pick<Registry, 'name' | 'url' | 'host' | 'prefix' | 'namespace' | 'connection'>;

export interface ClientConfigOptions {
  client: ClientId;
  /** Host whose images this registry serves as a pull-through cache: `docker.io`, or with a path `quay.io/acme`. */
  mirrorOf?: string;
  /** Hosts, each with a path if need be, that are asked for this registry's images before itself. */
  mirrors?: readonly string[];
  /** Major version of containerd. Default 2. */
  containerd?: 1 | 2;
  /** Whether the client signs in through `docker-credential-tagboat`. Default true. */
  helper?: boolean;
  /** Every host that stands for this registry in references and that clients know how to resolve (`docker.io`). Default: the URL's. */
  knownHosts?: readonly string[];
}
