import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { textOf } from './file.ts';
import { insideFolders, unreachable } from './folders.ts';
import { failed, refused, type Source } from './source.ts';

const setting = '--credential-commands';
const maxOutput = 64 * 1024;

/**
 * `exec:name`: an executable of the one folder that was allowed, run without a shell, arguments, input or anything of the hub's
 * environment but the path of programs. It has a time limit, and an output limit of 64 KiB. What it writes to its standard error is
 * nobody's: it may hold a secret.
 *
 * @param timeout milliseconds
 */
export function execSource(folder: string | undefined, timeout = 10_000): Source {
  const ready = (): void => {
    if (folder !== undefined) return;
    throw refused(`This hub may not run commands. Start it with ${setting} <folder>, and put the executable into that folder.`);
  };
  const closing = new AbortController();
  const check = (command: string): void => {
    if (command === '' || /\s/.test(command)) {
      throw refused('What stands behind exec: has to be one executable, without arguments. Write a script that has them.');
    }
    ready();
  };
  return {
    title: 'Command',
    example: 'exec:registry-login',
    ready,
    check,
    describe: (command) => `command ${command}`,
    async read(command, { signal }) {
      check(command);
      if (folder === undefined) throw new TypeError('check() lets nothing through without a folder.');
      const program = await findProgram(command, folder);
      const until = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const text = textOf(await run(program, { name: `command ${command}`, folder, timeout, signal: until }));
      if (text === undefined) throw failed(`The command ${command} printed something binary. It has to print user:password.`);
      if (text.trim() === '') throw failed(`The command ${command} printed nothing. Run it on the machine of this hub to see why.`);
      return { kind: 'text', text: text.replace(/[\r\n]+$/, '') };
    },
    // A hub that stops does not wait for what hangs.
    close: async () => closing.abort(failed('The hub stops.')),
  };
}

async function findProgram(command: string, folder: string): Promise<string> {
  const program = await insideFolders(isAbsolute(command) ? command : join(folder, command), [folder], 'command', setting);
  try {
    if (!(await stat(program)).isFile()) throw failed(`${command} is not an executable file.`);
    await access(program, constants.X_OK);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      if ('code' in error && error.code === 'EACCES')
        throw failed(`The command ${command} may not be executed. Set its mode with chmod +x.`);
      throw unreachable(error, `command ${command}`);
    }
    throw error;
  }
  return program;
}

interface RunOptions {
  name: string;
  folder: string;
  timeout: number;
  signal: AbortSignal;
}

function run(program: string, { name, folder, timeout, signal }: RunOptions): Promise<Buffer> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: false,
      // A group of its own, so that what it starts ends with it.
      detached: true,
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let problem: unknown;
    const stop = (why: unknown) => {
      problem ??= why;
      endGroup(child);
      // What left the group may still hold the pipe open.
      child.stdout.destroy();
    };
    const onAbort = () => stop(signal.reason);
    const timer = setTimeout(
      () =>
        stop(failed(`The ${name} did not end within ${timeout / 1000} s and was killed. Run it on the machine of this hub to see why.`)),
      timeout,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutput)
        stop(failed(`The ${name} printed more than 64 KiB and was killed. It has to print user:password and nothing else.`));
      else chunks.push(chunk);
    });
    child.on('error', (error) => {
      done();
      reject(
        failed(
          `The ${name} could not be run. Check that it is an executable of this machine, and the interpreter in its first line.`,
          error,
        ),
      );
    });
    // What it started and left behind must not be waited for.
    child.on('exit', () => endGroup(child));
    child.on('close', (exitCode, killedBy) => {
      done();
      if (problem !== undefined) reject(problem);
      else if (exitCode !== 0) {
        const how = exitCode === null ? `was ended by ${killedBy ?? 'a signal'}` : `ended with exit code ${exitCode}`;
        reject(failed(`The ${name} ${how}. Run it on the machine of this hub to see why.`));
      } else resolve(Buffer.concat(chunks));
    });
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Nobody of the group is left.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}
