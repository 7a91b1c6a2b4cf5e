import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client, RegistryInput } from '../../src/sdk/index.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { type Finished, run, tryRun } from '../support/run.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/** Programs of this project, as files of the source. */
export const programs = {
  helper: source('helpers/docker-credential.ts'),
  kubelet: source('helpers/kubelet.ts'),
  tagboat: source('main.ts'),
};

/** Variables of this machine that must not reach a program under test. */
const cleared = [
  'TAGBOAT_URL',
  'TAGBOAT_TOKEN',
  'TAGBOAT_DATA',
  'DOCKER_CONFIG',
  'REGISTRY_AUTH_FILE',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
];

/** A home of its own for skopeo, buildah and docker, whose settings name our credential helper. */
export interface Workbench extends AsyncDisposable {
  home: string;
  /** Environment of clients; without where Tagboat is. */
  env: Readonly<Record<string, string | undefined>>;
  /** Has clients ask the helper for these hosts. */
  useHelperFor(...hosts: string[]): Promise<void>;
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  tryRun(program: string, args: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Promise<Finished>;
  /** One of our own programs. */
  node(program: string, args: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Promise<Finished>;
}

export async function workbench(): Promise<Workbench> {
  const home = await temporaryDirectory('tagboat-clients');
  const [bin, docker] = [join(home.path, 'bin'), join(home.path, '.docker')];
  await Promise.all([mkdir(bin), mkdir(docker)]);
  const script = join(bin, 'docker-credential-tagboat');
  await writeFile(script, `#!/bin/sh\nexec '${process.execPath}' '${programs.helper}' "$@"\n`);
  await chmod(script, 0o755);
  const base = {
    ...Object.fromEntries(cleared.map((name) => [name, undefined])),
    HOME: home.path,
    TMPDIR: home.path,
    PATH: `${bin}:${process.env.PATH}`,
    DOCKER_CONFIG: docker,
  };
  const authFile = join(docker, 'config.json');
  const env = { ...base, REGISTRY_AUTH_FILE: authFile };
  return {
    home: home.path,
    env,
    useHelperFor: (...hosts) =>
      writeFile(authFile, JSON.stringify({ auths: {}, credHelpers: Object.fromEntries(hosts.map((host) => [host, 'tagboat'])) })),
    run: (program, args, more) => run(program, args, { env: { ...env, ...more } }),
    tryRun: (program, args, more, input) => tryRun(program, args, { env: { ...env, ...more }, ...(input !== undefined && { input }) }),
    node: (program, args, more, input) =>
      tryRun(process.execPath, [program, ...args], { env: { ...base, ...more }, ...(input !== undefined && { input }) }),
    [Symbol.asyncDispose]: () => home.remove(),
  };
}

/** Options of a store of its own for buildah, which needs neither root nor user namespaces as long as nothing is run. */
export const buildahStore = (home: string): string[] => [
  '--root',
  join(home, 'buildah'),
  '--runroot',
  join(home, 'buildah-run'),
  '--storage-driver',
  'vfs',
];

/** Connects Debian's registry to a hub. */
export function connectRegistry(hub: Client, name: string, registry: DockerRegistry, more: Partial<RegistryInput> = {}) {
  return hub.createRegistry({
    name,
    provider: 'generic',
    url: registry.url,
    signIn: 'password',
    fields: { username: registry.username ?? '', password: registry.password ?? '' },
    connection: { tls: 'plain' },
    trustedRealms: [],
    ...more,
  });
}

/** An OCI layout with one small image, for skopeo. */
export async function smallImage(folder: string): Promise<string> {
  const { buildImage, writeOciLayout } = await import('../../src/testing/index.ts');
  await writeOciLayout(folder, [{ content: buildImage({ platform: 'linux/amd64' }), tag: 'latest' }]);
  return `oci:${folder}:latest`;
}
