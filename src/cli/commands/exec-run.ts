import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { basename, delimiter, resolve } from 'node:path';
import type { Cli } from '../cli.ts';
import { type CredentialDesk, openDesk } from '../clients/desk.ts';
import { createClientFolder } from '../clients/client-folder.ts';
import { staticLogins } from '../clients/static-logins.ts';
import { Failed, MachineError, UsageError } from '../errors.ts';

export interface ExecOptions {
  registry?: readonly string[];
  pullOnly?: boolean;
  static?: boolean;
  hub?: string;
  debug?: boolean;
}

/** Passed on to the command; SIGINT only where no terminal has sent it to the whole group already. */
const passedOn = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT'] as const;

export async function exec(cli: Cli, command: readonly string[], options: ExecOptions): Promise<void> {
  const [program = '', ...args] = command;
  const purpose = `tagboat exec ${basename(program)}`.slice(0, 200);
  // From the first moment on: whatever ends this, the folder is removed.
  const signals = new Signals(cli);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => signals.release());
  const desk = await openDesk(cli, options);
  const registries = await chosen(desk, options.registry);
  const logins = options.static
    ? await staticLogins(cli, desk, registries, { purpose, push: !options.pullOnly, named: !!options.registry })
    : undefined;
  const folder = await createClientFolder(cli.io, { registries, logins });
  stack.defer(() => folder.remove());
  signals.throwIfStopped();
  const env = {
    ...cli.io.env,
    DOCKER_CONFIG: folder.docker,
    REGISTRY_AUTH_FILE: folder.authFile,
    PATH: [folder.bin, cli.io.env['PATH']].filter(Boolean).join(delimiter),
    TAGBOAT_PURPOSE: purpose,
    ...(options.registry && { TAGBOAT_REGISTRY: registries.map(({ name }) => name).join(',') }),
    ...(options.pullOnly && { TAGBOAT_PULL_ONLY: 'yes' }),
    ...(options.hub !== undefined && { TAGBOAT_URL: desk.place }),
    // The command may work elsewhere.
    ...(cli.io.env['TAGBOAT_DATA'] && { TAGBOAT_DATA: resolve(cli.io.env['TAGBOAT_DATA']) }),
  };
  const code = await run(program, args, env, signals);
  if (code !== 0) throw new Failed(code);
}

async function chosen(desk: CredentialDesk, names: readonly string[] | undefined): ReturnType<CredentialDesk['registries']> {
  const all = await desk.registries();
  if (!names) return all;
  return names.map((name) => {
    const found = all.find((one) => one.name.toLowerCase() === name.toLowerCase() || one.id === name);
    if (found) return found;
    throw new UsageError(`There is no registry “${name}” at ${desk.place}.`, 'List them with `tagboat registry list`.');
  });
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, signals: Signals): Promise<number> {
  return new Promise((resolveCode, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    signals.passTo((signal) => void child.kill(signal));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new MachineError(
          error.code === 'ENOENT' ? `There is no program “${program}” here.` : `${program} cannot be run (${error.code ?? error.message}).`,
          'Check its name and PATH; the command stands after --.',
          error,
        ),
      ),
    );
    // As shells say it: 128 and the number of the signal that ended it.
    child.on('exit', (code, signal) => resolveCode(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/** Holds signals until the command runs, then passes them on to it. */
class Signals {
  readonly #interactive: boolean;
  readonly #listener = (signal: NodeJS.Signals): void => this.#take(signal);
  #stopped: NodeJS.Signals | undefined;
  #target: ((signal: NodeJS.Signals) => void) | undefined;

  constructor(cli: Cli) {
    this.#interactive = cli.io.stdin.isTTY === true;
    for (const signal of passedOn) process.on(signal, this.#listener);
  }

  passTo(target: (signal: NodeJS.Signals) => void): void {
    this.#target = target;
  }

  /** Throws Failed with a shell's exit code when a signal came before there was anything to pass it on to. */
  throwIfStopped(): void {
    if (this.#stopped) throw new Failed(128 + constants.signals[this.#stopped]);
  }

  release(): void {
    for (const signal of passedOn) process.off(signal, this.#listener);
  }

  #take(signal: NodeJS.Signals): void {
    if (!this.#target) this.#stopped ??= signal;
    else if (signal !== 'SIGINT' || !this.#interactive) this.#target(signal);
  }
}
