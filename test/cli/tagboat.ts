import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Finished, tryRun } from '../support/run.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The command line as a person's shell would start it, with a home directory of its own. */
export interface Tagboat extends AsyncDisposable {
  home: string;
  run(args: readonly string[], options?: { input?: string; env?: Readonly<Record<string, string>> }): Promise<Finished>;
  /** Runs it, expects exit code 0 and JSON on standard output. */
  json<T>(args: readonly string[], options?: { input?: string; env?: Readonly<Record<string, string>> }): Promise<T>;
  /** Through a shell, `$TAGBOAT` being the program. */
  shell(script: string): Promise<Finished>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ReturnType<typeof spawn>;
  /** Writes `~/.docker/config.json`. */
  dockerConfig(config: object): Promise<void>;
}

/** Variables of this machine that must not reach the program under test. */
const cleared = [
  'TAGBOAT_URL',
  'TAGBOAT_TOKEN',
  'TAGBOAT_DEBUG',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'DOCKER_CONFIG',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
];

export async function tagboat(): Promise<Tagboat> {
  const home: TemporaryDirectory = await temporaryDirectory('tagboat-home');
  const base = Object.fromEntries([...cleared, ...cleared.map((name) => name.toLowerCase())].map((name) => [name, undefined]));
  const environment = { ...base, HOME: home.path, TAGBOAT: `${process.execPath} ${entry}` };
  const run: Tagboat['run'] = (args, { input, env } = {}) =>
    tryRun(process.execPath, [entry, ...args], { input, env: { ...environment, ...env } });
  return {
    home: home.path,
    run,
    json: async <T>(args: readonly string[], options?: Parameters<Tagboat['run']>[1]) => {
      const { code, stdout, stderr } = await run([...args, '--json'], options);
      if (code !== 0) throw new Error(`tagboat ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
      return JSON.parse(stdout) as T;
    },
    shell: (script) => tryRun('bash', ['-o', 'pipefail', '-c', script], { env: environment }),
    start: (args, env) => spawn(process.execPath, [entry, ...args], { env: { ...process.env, ...environment, ...env } }),
    dockerConfig: async (config) => {
      await mkdir(join(home.path, '.docker'), { recursive: true });
      await writeFile(join(home.path, '.docker/config.json'), JSON.stringify(config));
    },
    [Symbol.asyncDispose]: () => home.remove(),
  };
}
