import type { Clock } from '../../core/clock.ts';
import type { Secret } from '../../core/secret.ts';
import type { Lookup } from '../../oci/index.ts';

/** Which places a hub may read secrets from. What is absent is refused. */
export interface CredentialSourceOptions {
  /** Folder of the executables that `exec:` may run. */
  commands?: string;
  /** Names of environment variables that `env:` may read, `*` for any characters: `REGISTRY_*`. */
  variables?: readonly string[];
  /** Folders below which `file:` may read. */
  files?: readonly string[];
  /** Namespaces whose secrets may be read, `*` for any characters. Default: all that Kubernetes allows this hub. */
  namespaces?: readonly string[];
  /** A kubeconfig file. Default: the service account of the pod that the hub runs in. */
  kubeconfig?: string;
  /** Docker's `config.json` that `docker-config:` reads. */
  dockerConfig?: string;
  vault?: VaultOptions;
  /** Environment: variables that `env:` reads, and where the API of the cluster is. Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Folder that Kubernetes mounts a pod's service account at; replaced in tests. */
  serviceAccount?: string;
  clock?: Clock;
  /** Name resolution; replaced in tests. */
  lookup?: Lookup;
  /** Stand-ins for the clouds’ secret managers, by the names that their readers use; private endpoints, tests. */
  endpoints?: Readonly<Record<string, string>>;
  /** Milliseconds until a command is killed. Default 10 000. */
  commandTimeout?: number;
}

export interface VaultOptions {
  url: URL;
  token?: Secret<string>;
  /** File with the token, as Vault's agent keeps it fresh. Read anew when it is needed. */
  tokenFile?: string;
  /** Role to sign in as by the pod's service account, where there is no token. */
  role?: string;
  /** Where Vault has its Kubernetes sign-in. Default `kubernetes`. */
  authMount?: string;
  /** Namespace of Vault Enterprise. */
  namespace?: string;
  /** PEM file of the authority of Vault's certificate. */
  caFile?: string;
}
