import { CanceledError, UsageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { printable } from './text.ts';

const maxLine = 100_000;

/** Questions are asked on a terminal only; in a script the answer has to come by a flag. */
export function isInteractive(io: Io): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/** Asks for a line of text. An empty answer is the default, where there is one, and asked again where there is none. */
export async function ask(
  io: Io,
  question: string,
  options: { default?: string; optional?: boolean; signal?: AbortSignal } = {},
): Promise<string> {
  const hint = options.default === undefined ? '' : ` [${printable(options.default)}]`;
  for (;;) {
    io.stderr.write(`${printable(question)}${hint}: `);
    const answer = (await readLine(io, true, options.signal)).trim();
    if (answer) return answer;
    if (options.default !== undefined) return options.default;
    if (options.optional) return '';
  }
}

/** Asks for a secret: nothing of what is typed or pasted is shown. */
export async function askSecret(io: Io, question: string, options: { optional?: boolean; signal?: AbortSignal } = {}): Promise<string> {
  for (;;) {
    io.stderr.write(`${printable(question)} (not shown): `);
    const answer = await readLine(io, false, options.signal);
    if (answer || options.optional) return answer;
  }
}

/** Asks yes or no; anything but a clear yes is no. */
export async function confirm(io: Io, question: string, signal?: AbortSignal): Promise<boolean> {
  io.stderr.write(`${printable(question)} [y/N] `);
  return /^y(es)?$/i.test((await readLine(io, true, signal)).trim());
}

/**
 * Reads a line in raw mode, since the terminal's own line editing would echo a secret. Understands pastes, backspace and
 * Ctrl-U; Ctrl-C cancels, and so does Ctrl-D on an empty line.
 */
function readLine(io: Io, echo: boolean, signal?: AbortSignal): Promise<string> {
  const { stdin, stderr } = io;
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (outcome: () => void): void => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write('\n');
      outcome();
    };
    const onAbort = (): void => finish(() => reject(signal?.reason));
    const onError = (error: Error): void => finish(() => reject(error));
    const onEnd = (): void =>
      finish(() => reject(new CanceledError('The input ended before the question was answered.', { isInterrupt: false })));
    const onData = (chunk: string | Uint8Array): void => {
      const pasted = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
      for (let index = 0; index < pasted.length; index++) {
        const character = pasted[index] as string;
        if (character === '\r' || character === '\n') {
          // What was typed ahead belongs to the next question.
          const ahead = pasted.slice(index + 1).replace(/^\n/, '');
          finish(() => resolve(text));
          if (ahead) stdin.unshift(typeof chunk === 'string' ? ahead : Buffer.from(ahead));
          return;
        }
        if (character === '\u0003') return finish(() => reject(new CanceledError('Interrupted.', { isInterrupt: true })));
        if (character === '\u0004' && text === '') return onEnd();
        if (character === '\u007f' || character === '\b') {
          if (text && echo) stderr.write('\b \b');
          text = text.slice(0, -1);
        } else if (character === '\u0015') {
          if (echo) stderr.write('\b \b'.repeat(text.length));
          text = '';
        } else if (character === '\u001b') {
          // An arrow key or another escape sequence: none of it is text.
          const sequence = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.)?/.exec(pasted.slice(index));
          index += (sequence?.[0].length ?? 1) - 1;
        } else if (character >= ' ') {
          if (text.length >= maxLine)
            return finish(() => reject(new UsageError('The line is longer than 100,000 characters.', 'Give it in a file.')));
          text += character;
          if (echo) stderr.write(printable(character));
        }
      }
    };
    if (signal?.aborted) return reject(signal.reason);
    stdin.setRawMode?.(true);
    stdin.on('data', onData);
    stdin.once('end', onEnd);
    stdin.once('error', onError);
    signal?.addEventListener('abort', onAbort, { once: true });
    stdin.resume();
  });
}

/** Everything on standard input, without the line feed at its end: a secret that a program hands over. At most 1 MiB. */
export async function readSecretFromStdin(io: Io, flag: string): Promise<string> {
  if (io.stdin.isTTY) {
    throw new UsageError(`${flag} reads standard input, which is the terminal.`, `Leave ${flag} out to be asked, or pipe the secret in.`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > 1024 * 1024) throw new UsageError('Standard input holds more than 1 MiB, which is no secret.', 'Check what is piped in.');
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text === '') throw new UsageError(`${flag} was given, and standard input is empty.`, 'Check the program in front of the pipe.');
  return text;
}
