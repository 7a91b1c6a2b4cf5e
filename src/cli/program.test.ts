import { execFileSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { Cli } from './cli.ts';
import { completionScript } from './commands/completion-script.ts';
import { examplesOf } from './help.ts';
import { buildProgram, runCli } from './program.ts';
import { fakeTerminal } from './testing/terminal.ts';

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeTerminal();
  const code = await runCli(argv, io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

/** Commands that do something by themselves, also those that have further ones below them. */
const leaves = (command: Command): Command[] => [
  ...(command.commands.length === 0 || command.registeredArguments.length > 0 ? [command] : []),
  ...command.commands.flatMap(leaves),
];
const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];

describe('exit codes and errors', () => {
  it('prints version and help, and is done', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
    for (const argv of [[], ['--help'], ['help']])
      expect(await run(...argv)).toMatchObject({ code: 0, out: expect.stringContaining('Registries and images:'), err: '' });
    expect(await run('help', 'project', 'member', 'add')).toMatchObject({
      code: 0,
      out: expect.stringContaining('tagboat project member add'),
    });
  });

  it.each([
    [['rgistry'], 'There is no command “rgistry”.', 'Did you mean `registry`?'],
    [['tags', 'x/y', '--limt', '3'], 'There is no option --limt.', 'Did you mean --limit?'],
    [['tags'], 'The argument <repository> is missing.', 'tagboat tags --help'],
    [['tags', 'x/y', '--limit', 'many'], 'whole number above 0', 'tagboat tags --help'],
    [['tags', 'x/y', '--sort', 'size'], 'Allowed choices are', 'tagboat tags --help'],
    [['user', 'add', 'a', 'b'], 'Too many arguments: 2 instead of at most 1.', 'tagboat user add --help'],
    [['registry', 'list'], 'No hub is known here.', 'tagboat login'],
  ])('%j is wrong usage, and says what is right', async (argv, message, next) => {
    const { code, out, err } = await run(...argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^Usage: /);
    expect(err).toContain(message);
    expect(err.split('\n').at(-2)).toMatch(/^Next: /);
    expect(err).toContain(next);
  });

  it('shows the help of a group that lacks its command, as an error', async () => {
    const { code, out, err } = await run('registry');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('tagboat registry');
  });

  it('repeats no secret that was given as an argument', async () => {
    for (const argv of [
      ['tags', 'localhost/x', '--password', 'hunter2'],
      ['tags', 'localhost/x', '--password=hunter2'],
      ['login', '--token=hunter2'],
      ['whoami', 'hunter2'],
    ]) {
      const { code, err } = await run(...argv);
      expect(code).toBe(2);
      expect(err).not.toContain('hunter2');
    }
    expect((await run('tags', 'localhost/x', '--password', 'hunter2')).err).toContain('--password-stdin');
  });

  it('speaks JSON about errors when JSON was asked for', async () => {
    const { code, err } = await run('registry', 'list', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(err)).toEqual({
      error: { side: 'usage', code: 'usage', message: 'No hub is known here.', next: expect.stringContaining('tagboat login') },
    });
  });
});

describe('help', () => {
  it('ends every page with examples', async () => {
    const program = await buildProgram();
    const without = everyCommand(program)
      .filter((command) => !['help', '__complete'].includes(command.name()))
      .filter((command) => examplesOf(command).length === 0)
      .map((command) => command.name());
    expect(without).toEqual([]);
  });

  it('shows examples that the program understands', async () => {
    const examples = everyCommand(await buildProgram()).flatMap((command) => examplesOf(command).map((example) => example.command));
    expect(examples.length).toBeGreaterThan(60);
    for (const example of examples) {
      const program = await buildProgram(new Cli(fakeTerminal(), [], new AbortController().signal));
      let ran = 0;
      for (const command of leaves(program)) command.action(() => void ran++);
      await program.parseAsync(words(example), { from: 'user' }).catch((error: Error & { code?: string }) => {
        if (error.code !== 'commander.helpDisplayed') throw new Error(`${example}: ${error.message}`);
        ran++;
      });
      expect(ran, example).toBe(1);
    }
  });

  it('fits the reference, which has every command', async () => {
    const { renderCliReference } = await import('./docs.ts');
    const reference = await renderCliReference();
    for (const command of leaves(await buildProgram())) {
      if (command.name() === 'help' || command.name() === '__complete') continue;
      expect(reference).toContain(` ${command.name()}\n`);
    }
    expect(reference).toContain('`--plain-http`');
    expect(reference).not.toContain('undefined');
  });
});

describe('completion', () => {
  it.each([
    [['reg'], ['registry']],
    [
      ['registry', 're'],
      ['references', 'remove'],
    ],
    [
      ['registry', 'list', '--state', ''],
      ['ok', 'degraded', 'failing', 'unknown'],
    ],
    [['tags', 'x/y', '--plain'], ['--plain-http']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['help', 'who'], ['whoami']],
    [['registry', 'show', ''], []],
    [['nonsense', ''], []],
  ])('%j → %j', async (typed, candidates) => {
    const { code, out } = await run('__complete', ...typed);
    expect(code).toBe(0);
    expect(out.split('\n').filter(Boolean)).toEqual(candidates);
  });

  it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    expect(await run('completion', shell)).toMatchObject({ code: 0, out: expect.stringContaining('tagboat __complete') });
  });
});

describe('completion in bash', () => {
  const complete = (line: string, breaks: string, ...candidates: string[]): string[] => {
    const script = `tagboat() { printf '%s\\n' "$@" >&2; printf '%s\\n' ${candidates.map((one) => `'${one}'`).join(' ')}; }
${completionScript('bash')}
COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDBREAKS='${breaks}'
_tagboat
printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n');
  };

  it('gives bash what stands behind the last colon, where colons break words', () => {
    expect(complete('tagboat inspect a/b:1.', ' :', 'a/b:1.0', 'a/b:1.1')).toEqual(['1.0', '1.1']);
    expect(complete('tagboat inspect a/b:1.', ' ', 'a/b:1.0')).toEqual(['a/b:1.0']);
  });

  it('executes nothing of what it is offered', () => {
    expect(complete('tagboat tags ', ' :', '$(echo no)', '`echo no`')).toEqual(['$(echo no)', '`echo no`']);
  });
});

/** Words of an example's `tagboat` command as a shell would split them: quotes, redirections, pipes. */
function words(example: string): string[] {
  const own = (/(?:^|[\s(])tagboat (.*)$/.exec(example)?.[1] ?? '')
    .replace(/\)$/, '')
    .replace(/\s[<>|].*$/, (rest) => (/^\s[<>|] /.test(rest) ? '' : rest));
  return [...own.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
