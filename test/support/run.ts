import { spawn } from 'node:child_process';

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** Milliseconds. Default 60 000. */
  timeout?: number;
}

/**
 * Runs a program without a shell.
 *
 * @throws Error when it is not installed (naming the Debian package), or ends with another code than 0
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const finished = await tryRun(program, args, options);
  if (finished.code !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${finished.code}:\n${finished.stderr}${finished.stdout}`);
  return finished;
}

/** Like `run`, but answers whatever code it ends with. */
export function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeout ?? 60_000,
      stdio: 'pipe',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? notInstalled(program, error) : error));
    child.on('close', (code, signal) => resolve({ code: code ?? -1, stdout, stderr: signal ? `${stderr}(ended by ${signal})` : stderr }));
    child.stdin.on('error', () => {}).end(options.input ?? '');
  });
}

const packages: Readonly<Record<string, string>> = {
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  htpasswd: 'apache2-utils',
  openssl: 'openssl',
  ctr: 'docker.io',
  containerd: 'docker.io',
  dockerd: 'docker.io',
};

export function notInstalled(program: string, cause?: unknown): Error {
  const name = packages[program] ?? program;
  return new Error(`${program} is needed by this test and not installed. Install it: apt-get install ${name}`, { cause });
}
