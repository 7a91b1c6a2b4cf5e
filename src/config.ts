import { InvalidSettings } from './core/errors.ts';
import { Secret } from './core/secret.ts';
import { addresses, httpUrl, integer, isYesOrNo, list, mountPath, nonEmpty, oneOf, yesOrNo } from './core/setting-values.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** How a hub is run. Flags of `tagboat serve` and variables of its environment end up here. */
export interface HubConfig {
  host: string;
  /** 0: any free one. */
  port: number;
  dataDir: string;
  /** `postgres://…`; absent: SQLite in `dataDir`. Wrapped, because it may hold a password. */
  database?: Secret<string>;
  masterKey?: Secret<string>;
  masterKeyLost: boolean;
  publicUrl?: URL;
  /** Proxies whose forwarding headers are believed: addresses and networks, comma-separated, or any. */
  trustProxy: string | boolean;
  logLevel: LogLevel;
  allowPrivateAddresses: boolean;
  allowLoopbackAddresses: boolean;
  /** Hours until a session ends that nobody uses. */
  sessionHours: number;
  /** Tests every registry about once an hour. */
  backgroundChecks: boolean;
  /** Copies that are made at the same time. */
  parallelCopies: number;
  /** Plans and runs of sync rules that go on at the same time. */
  parallelSyncs: number;
  /** Folder of the executables that registries' credentials may come from. */
  credentialCommands?: string;
  /** Environment variables that they may come from: names, `*` for any characters. */
  credentialVariables: readonly string[];
  /** Folders below which they may be read from files. */
  credentialFiles: readonly string[];
  /** Namespaces whose Kubernetes secrets may be read; absent: all that Kubernetes allows. */
  credentialNamespaces?: readonly string[];
  credentialDockerConfig?: string;
  kubeconfig?: string;
  vaultUrl?: URL;
  vaultToken?: Secret<string>;
  vaultTokenFile?: string;
  vaultRole?: string;
  vaultAuthMount: string;
  vaultNamespace?: string;
  vaultCaFile?: string;
}

/** One thing that can be configured. Command line, environment and `docs/reference/configuration.md` derive from the list. */
export interface ConfigOption<K extends keyof HubConfig = keyof HubConfig> {
  key: K;
  /** Without dashes; absent: by the environment only, because the command line can be read by everybody on the machine. */
  flag?: string;
  /** Placeholder of the value, e.g. `<port>`; absent: a switch. */
  value?: string;
  env: string;
  /** A few words, as help prints them. */
  summary: string;
  /** Further sentences for the reference. */
  detail?: string;
  /** What holds without it, in words, where that is not the value of `default`. */
  defaultText?: string;
  default: HubConfig[K];
  /** Reads text; throws an Error whose message completes "--flag: …". */
  parse: (text: string) => HubConfig[K];
}

const option = <K extends keyof HubConfig>(described: ConfigOption<K>): ConfigOption => described;

export const configOptions: readonly ConfigOption[] = [
  option({
    key: 'host',
    flag: 'host',
    value: '<address>',
    env: 'TAGBOAT_HOST',
    summary: 'address to listen on',
    detail: 'Use `0.0.0.0` or `::` to be reached from other machines, and put a proxy that speaks HTTPS in front.',
    default: '127.0.0.1',
    parse: nonEmpty,
  }),
  option({
    key: 'port',
    flag: 'port',
    value: '<number>',
    env: 'TAGBOAT_PORT',
    summary: 'port to listen on; 0 for any free one',
    default: 7330,
    parse: integer(0, 65_535),
  }),
  option({
    key: 'dataDir',
    flag: 'data',
    value: '<directory>',
    env: 'TAGBOAT_DATA',
    summary: 'directory of the database and the master key',
    detail: 'Created with mode 0700 when it does not exist. One hub at a time can use it.',
    default: './data',
    parse: nonEmpty,
  }),
  option({
    key: 'database',
    flag: 'database',
    value: '<url>',
    env: 'TAGBOAT_DATABASE',
    summary: 'PostgreSQL instead of SQLite: postgres://user@host/name',
    detail: 'Give a URL that holds a password by the environment: everybody on the machine can read a command line.',
    defaultText: 'SQLite in the data directory',
    default: undefined,
    parse: postgresUrl,
  }),
  option({
    key: 'masterKey',
    env: 'TAGBOAT_MASTER_KEY',
    summary: 'master key that wraps the key of the stored secrets',
    detail:
      '32 bytes in base64 or hexadecimal, or a passphrase of at least 16 characters. Without it the file `master.key` in the data directory is used, and made at the first start.',
    defaultText: '`master.key` in the data directory',
    default: undefined,
    parse: (text) => new Secret(nonEmpty(text)),
  }),
  option({
    key: 'masterKeyLost',
    flag: 'master-key-lost',
    env: 'TAGBOAT_MASTER_KEY_LOST',
    summary: 'start although the master key does not fit',
    detail:
      'Stored secrets cannot be used then, until an administrator accepts the loss and enters them again. Nothing is destroyed by starting this way.',
    default: false,
    parse: yesOrNo,
  }),
  option({
    key: 'publicUrl',
    flag: 'public-url',
    value: '<url>',
    env: 'TAGBOAT_PUBLIC_URL',
    summary: 'where people reach the hub',
    detail: 'Used in links. With `https://` the session cookie is marked Secure and browsers are told to stay with HTTPS.',
    defaultText: 'the address that it listens on',
    default: undefined,
    parse: httpUrl,
  }),
  option({
    key: 'trustProxy',
    flag: 'trust-proxy',
    value: '<addresses>',
    env: 'TAGBOAT_TRUST_PROXY',
    summary: 'proxies whose X-Forwarded headers are believed',
    detail: 'Addresses and networks, comma-separated (`10.0.0.0/8,127.0.0.1`), or `yes` for whoever connects, if only the proxy can.',
    defaultText: 'none',
    default: false,
    parse: (text) => (isYesOrNo(text) ? yesOrNo(text) : addresses(text)),
  }),
  option({
    key: 'logLevel',
    flag: 'log-level',
    value: '<level>',
    env: 'TAGBOAT_LOG_LEVEL',
    summary: 'debug, info, warn, error or silent',
    detail: 'The log is JSON, one line an entry, on standard error. `debug` has one line for every request, answered or sent.',
    default: 'warn',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  }),
  option({
    key: 'allowPrivateAddresses',
    flag: 'allow-private-addresses',
    value: '<yes|no>',
    env: 'TAGBOAT_ALLOW_PRIVATE_ADDRESSES',
    summary: 'whether registries may be on private networks',
    detail:
      'RFC 1918, unique local and shared address space. Link-local addresses, where clouds keep their metadata service, are never connected to.',
    default: true,
    parse: yesOrNo,
  }),
  option({
    key: 'allowLoopbackAddresses',
    flag: 'allow-loopback-addresses',
    value: '<yes|no>',
    env: 'TAGBOAT_ALLOW_LOOPBACK_ADDRESSES',
    summary: 'whether registries may be on this machine',
    default: true,
    parse: yesOrNo,
  }),
  option({
    key: 'sessionHours',
    flag: 'session-hours',
    value: '<hours>',
    env: 'TAGBOAT_SESSION_HOURS',
    summary: 'hours until a session of the web page ends that nobody uses',
    default: 12,
    parse: integer(1, 24 * 90),
  }),
  option({
    key: 'backgroundChecks',
    flag: 'background-checks',
    value: '<yes|no>',
    env: 'TAGBOAT_BACKGROUND_CHECKS',
    summary: 'whether every registry is tested about once an hour, and its credential renewed before it ends',
    default: true,
    parse: yesOrNo,
  }),
  option({
    key: 'parallelCopies',
    flag: 'parallel-copies',
    value: '<number>',
    env: 'TAGBOAT_PARALLEL_COPIES',
    summary: 'how many copies the hub makes at the same time',
    detail: 'Each sends several blobs at once. With 0 it makes none itself: another hub on the same database does.',
    default: 4,
    parse: integer(0, 64),
  }),
  option({
    key: 'parallelSyncs',
    flag: 'parallel-syncs',
    value: '<number>',
    env: 'TAGBOAT_PARALLEL_SYNCS',
    summary: 'how many sync rules run at the same time',
    detail: 'Each copies several tags at once. With 0 the hub runs none itself: another hub on the same database does.',
    default: 2,
    parse: integer(0, 64),
  }),
  option({
    key: 'credentialCommands',
    flag: 'credential-commands',
    value: '<directory>',
    env: 'TAGBOAT_CREDENTIAL_COMMANDS',
    summary: 'directory of commands that credentials may come from',
    detail: 'Sources `exec:<name>` run its executables, and no others. Only whoever runs the hub should be able to write to it.',
    defaultText: 'no commands are run',
    default: undefined,
    parse: nonEmpty,
  }),
  option({
    key: 'credentialVariables',
    flag: 'credential-variables',
    value: '<names>',
    env: 'TAGBOAT_CREDENTIAL_VARIABLES',
    summary: 'environment variables that credentials may come from',
    detail: 'Comma-separated, `*` for any characters: `REGISTRY_*,GHCR_TOKEN`. Variables that begin with `TAGBOAT_` are never read.',
    defaultText: 'none',
    default: [],
    parse: list,
  }),
  option({
    key: 'credentialFiles',
    flag: 'credential-files',
    value: '<directories>',
    env: 'TAGBOAT_CREDENTIAL_FILES',
    summary: 'directories of files that credentials may come from',
    detail: 'Comma-separated. Files below them can be sources `file:<path>`; links do not lead out of them.',
    defaultText: 'none',
    default: [],
    parse: list,
  }),
  option({
    key: 'credentialNamespaces',
    flag: 'credential-namespaces',
    value: '<names>',
    env: 'TAGBOAT_CREDENTIAL_NAMESPACES',
    summary: 'namespaces whose Kubernetes secrets may be read',
    detail: 'Comma-separated, `*` for any characters: `ci,team-*`.',
    defaultText: 'all that Kubernetes allows the hub',
    default: undefined,
    parse: list,
  }),
  option({
    key: 'kubeconfig',
    flag: 'kubeconfig',
    value: '<file>',
    env: 'TAGBOAT_KUBECONFIG',
    summary: 'kubeconfig of the cluster whose secrets are read',
    detail: 'Its current context, with a token or a client certificate; programs that it names are not run.',
    defaultText: 'the service account of the pod',
    default: undefined,
    parse: nonEmpty,
  }),
  option({
    key: 'credentialDockerConfig',
    flag: 'credential-docker-config',
    value: '<file>',
    env: 'TAGBOAT_CREDENTIAL_DOCKER_CONFIG',
    summary: "Docker's config.json that credentials may come from",
    detail: 'Its credential helpers are run with the environment of the hub, without the variables that begin with `TAGBOAT_`.',
    defaultText: 'none is read',
    default: undefined,
    parse: nonEmpty,
  }),
  option({
    key: 'vaultUrl',
    flag: 'vault-url',
    value: '<url>',
    env: 'TAGBOAT_VAULT_URL',
    summary: 'HashiCorp Vault that credentials may come from',
    defaultText: 'none is read',
    default: undefined,
    parse: httpUrl,
  }),
  option({
    key: 'vaultToken',
    env: 'TAGBOAT_VAULT_TOKEN',
    summary: 'token to read Vault with',
    detail: 'Renewed while it can be. Without one, `--vault-token-file` or `--vault-role` says how the hub signs in.',
    defaultText: 'none',
    default: undefined,
    parse: (text) => new Secret(nonEmpty(text)),
  }),
  option({
    key: 'vaultTokenFile',
    flag: 'vault-token-file',
    value: '<file>',
    env: 'TAGBOAT_VAULT_TOKEN_FILE',
    summary: 'file that holds the token to read Vault with',
    detail: 'Read anew for every use, so that an agent can keep it fresh.',
    defaultText: 'none',
    default: undefined,
    parse: nonEmpty,
  }),
  option({
    key: 'vaultRole',
    flag: 'vault-role',
    value: '<role>',
    env: 'TAGBOAT_VAULT_ROLE',
    summary: "role to sign in to Vault as, by the pod's service account",
    defaultText: 'none',
    default: undefined,
    parse: nonEmpty,
  }),
  option({
    key: 'vaultAuthMount',
    flag: 'vault-auth-mount',
    value: '<path>',
    env: 'TAGBOAT_VAULT_AUTH_MOUNT',
    summary: 'where Vault has its Kubernetes sign-in',
    default: 'kubernetes',
    parse: mountPath,
  }),
  option({
    key: 'vaultNamespace',
    flag: 'vault-namespace',
    value: '<name>',
    env: 'TAGBOAT_VAULT_NAMESPACE',
    summary: 'namespace of Vault Enterprise',
    defaultText: 'none',
    default: undefined,
    parse: nonEmpty,
  }),
  option({
    key: 'vaultCaFile',
    flag: 'vault-ca-file',
    value: '<file>',
    env: 'TAGBOAT_VAULT_CA_FILE',
    summary: "PEM file of the authority of Vault's certificate",
    defaultText: 'the authorities of the system',
    default: undefined,
    parse: nonEmpty,
  }),
];

/** The configuration that holds when nothing is given, with what is given put over it. */
export function hubConfig(given: Partial<HubConfig> = {}): HubConfig {
  const defaults = Object.fromEntries(configOptions.map((described) => [described.key, described.default]));
  const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaults, ...chosen } as unknown as HubConfig;
}

/** What the environment says. Empty variables count as absent. Throws InvalidSettings that names the variable, never its value. */
export function configFromEnvironment(env: Readonly<Record<string, string | undefined>>): Partial<HubConfig> {
  const found: Record<string, unknown> = {};
  for (const { key, env: name, parse } of configOptions) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    try {
      found[key] = parse(text);
    } catch (error) {
      const message = (error as Error).message;
      throw new InvalidSettings(`The environment variable ${name} cannot be used: ${message}.`, [{ field: name, message }]);
    }
  }
  return found;
}

function postgresUrl(text: string): Secret<string> {
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) throw new Error('it has to begin with postgres://');
  return new Secret(text);
}
