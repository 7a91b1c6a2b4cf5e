// The hub from its sources, started again when they change, and the web page by Vite's development server, which passes
// `/api` on to it. Arguments go to the hub.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const port = process.env['TAGBOAT_PORT'] ?? '7330';
const page = 'http://127.0.0.1:7331';

const children: ChildProcess[] = [];
let stopping = false;

function start(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  children.push(child);
  child.on('error', (error) => {
    process.stderr.write(`${name} could not be started: ${error.message}\n`);
    stop(1);
  });
  child.on('exit', (code) => {
    if (!stopping) process.stderr.write(`${name} ended.\n`);
    stop(code ?? 1);
  });
}

function stop(code: number): void {
  if (stopping) return;
  stopping = true;
  process.exitCode = code;
  for (const child of children) child.kill('SIGTERM');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));

// The set-up link then leads to Vite's page, which is the one that reloads.
start('The hub', process.execPath, ['--watch-path=src', '--watch-preserve-output', 'src/main.ts', 'serve', ...process.argv.slice(2)], {
  TAGBOAT_PORT: port,
  TAGBOAT_PUBLIC_URL: page,
});
start('The page', join(bin, process.platform === 'win32' ? 'vite.cmd' : 'vite'), ['web', '--strictPort'], {
  TAGBOAT_DEV_HUB: `http://127.0.0.1:${port}`,
});
