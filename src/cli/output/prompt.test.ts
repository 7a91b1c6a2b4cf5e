import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CanceledError, UsageError } from '../errors.ts';
import { fakeTerminal } from '../testing/terminal.ts';
import { ask, askSecret, confirm, readSecretFromStdin } from './prompt.ts';

describe('ask', () => {
  it('takes a line, with corrections, and gives the terminal back', async () => {
    const io = fakeTerminal({ isTTY: true });
    const answer = ask(io, 'Name');
    expect(io.raw).toBe(true);
    io.stdin.write('anx\u007fa\r');
    expect(await answer).toBe('ana');
    expect(io.raw).toBe(false);
    expect(io.stdout.text).toBe('');
  });

  it('offers a default, and asks again where there is none', async () => {
    const io = fakeTerminal({ isTTY: true });
    const first = ask(io, 'Name', { default: 'harbor' });
    io.stdin.write('\n');
    expect(await first).toBe('harbor');
    const second = ask(io, 'Name');
    io.stdin.write('\n');
    await tick();
    io.stdin.write('x\n');
    expect(await second).toBe('x');
  });

  it('keeps what was pasted ahead for the next question', async () => {
    const io = fakeTerminal({ isTTY: true });
    const first = ask(io, 'Name');
    io.stdin.write('ana\nsecret\n');
    expect(await first).toBe('ana');
    expect(await askSecret(io, 'Password')).toBe('secret');
    expect(io.stderr.text).not.toContain('secret');
  });
});

describe('askSecret', () => {
  it('shows nothing of the secret, and takes any character', async () => {
    const io = fakeTerminal({ isTTY: true });
    const answer = askSecret(io, 'Password');
    io.stdin.write('pä$$ 貨\u001b[A"\'\r');
    expect(await answer).toBe('pä$$ 貨"\'');
    expect(io.stderr.text).toBe('Password (not shown): \n');
  });

  it('is canceled by Ctrl-C, by the end of input and by its signal', async () => {
    const io = fakeTerminal({ isTTY: true });
    const interrupted = askSecret(io, 'Password');
    io.stdin.write('abc\u0003');
    await expect(interrupted).rejects.toMatchObject({ isInterrupt: true });
    const aborted = new AbortController();
    const waiting = askSecret(io, 'Password', { signal: aborted.signal });
    aborted.abort(new CanceledError('Interrupted.', { isInterrupt: true }));
    await expect(waiting).rejects.toThrow(CanceledError);
    const ended = askSecret(io, 'Password');
    io.stdin.end();
    await expect(ended).rejects.toMatchObject({ isInterrupt: false });
    expect(io.raw).toBe(false);
  });
});

describe('confirm', () => {
  it.each([
    ['y', true],
    ['YES', true],
    ['', false],
    ['yep', false],
    ['n', false],
  ])('takes “%s” for %s', async (typed, expected) => {
    const io = fakeTerminal({ isTTY: true });
    const answer = confirm(io, 'Remove it?');
    io.stdin.write(`${typed}\n`);
    expect(await answer).toBe(expected);
  });
});

describe('readSecretFromStdin', () => {
  it('takes everything but the last line feed', async () => {
    const io = fakeTerminal();
    io.stdin.end('{\n "key": 1\n}\r\n');
    expect(await readSecretFromStdin(io, '--password-stdin')).toBe('{\n "key": 1\n}');
  });

  it('refuses a terminal, nothing and far too much', async () => {
    await expect(readSecretFromStdin(fakeTerminal({ isTTY: true }), '--password-stdin')).rejects.toThrow(UsageError);
    const empty = fakeTerminal();
    empty.stdin.end('\n');
    await expect(readSecretFromStdin(empty, '--password-stdin')).rejects.toThrow('standard input is empty');
    const huge = fakeTerminal();
    huge.stdin.end(Buffer.alloc(1024 * 1024 + 1, 0x61));
    await expect(readSecretFromStdin(huge, '--password-stdin')).rejects.toThrow('more than 1 MiB');
  });
});
