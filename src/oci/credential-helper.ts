import { spawn } from 'node:child_process';
import { ContentError } from './content-error.ts';
import type { Credential } from './credential.ts';
import { CredentialError } from './errors.ts';
import { field, isObject, parseJson } from './json.ts';
import { printable, quote } from './text.ts';

export interface HelperOptions {
  /** Environment of the program, in which it is looked for. */
  env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until the program is killed. Default 30 000: some ask a person. */
  timeout?: number;
  signal?: AbortSignal;
}

const maxOutput = 256 * 1024;
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Says so on stdout when it has nothing for the server (docker/docker-credential-helpers). */
const notFound: readonly string[] = ['credentials not found in native keychain', 'no credentials server url', 'no credentials username'];

/**
 * Asks `docker-credential-<name> get` for a server. Run without a shell, with the server on its standard input, with bounds on time
 * and output.
 *
 * @returns undefined when the helper has no credential for the server.
 * @throws CredentialError `credential_helper_failed`
 */
export async function askCredentialHelper(name: string, server: string, options: HelperOptions): Promise<Credential | undefined> {
  if (!namePattern.test(name)) throw failed(name, 'its name is not one that a credential helper can have');
  const { output, exitCode } = await run(name, server, options);
  if (exitCode !== 0) {
    const said = output.toString('utf8', 0, 500).trim();
    if (notFound.some((text) => said.toLowerCase().includes(text))) return undefined;
    throw failed(name, `it ended with exit code ${exitCode}${said === '' ? '' : ` and said ${quote(printable(said, 200), 220)}`}`);
  }
  return readAnswer(name, output);
}

function run(
  name: string,
  server: string,
  { env, timeout = 30_000, signal }: HelperOptions,
): Promise<{ output: Buffer; exitCode: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${name}`, ['get'], {
      env: { ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
      shell: false,
      windowsHide: true,
      ...(signal ? { signal } : {}),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let problem: string | undefined;
    const stop = (why: string) => {
      problem ??= why;
      child.kill('SIGKILL');
      // A grandchild may still hold the pipe open.
      child.stdout.destroy();
    };
    const timer = setTimeout(() => stop(`it did not answer within ${timeout / 1000} s`), timeout);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutput) stop('it wrote too much');
      else chunks.push(chunk);
    });
    // A helper that does not read its input closes it; its exit code says the rest.
    child.stdin.on('error', () => undefined);
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const missing = error.code === 'ENOENT' ? 'the program is not installed or not in PATH' : 'it could not be run';
      reject(failed(name, signal?.aborted ? 'it was canceled' : missing));
    });
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      if (problem !== undefined) reject(failed(name, problem));
      else resolve({ output: Buffer.concat(chunks), exitCode: exitCode ?? 1 });
    });
    child.stdin.end(server);
  });
}

function readAnswer(name: string, output: Buffer): Credential {
  let json: unknown;
  try {
    json = parseJson(output, 'The answer');
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
  }
  const username = isObject(json) ? field(json, 'Username') : undefined;
  const secret = isObject(json) ? field(json, 'Secret') : undefined;
  if (typeof username !== 'string' || typeof secret !== 'string') throw failed(name, 'its answer has no user name and secret');
  if (username === '<token>') return { kind: 'identity', token: secret };
  return { kind: 'basic', username, password: secret };
}

function failed(name: string, why: string): CredentialError {
  return new CredentialError(`The credential helper ${quote(name, 64)} gave no credential: ${why}.`, {
    code: 'credential_helper_failed',
    fault: 'caller',
    context: { helper: printable(name, 64) },
  });
}
