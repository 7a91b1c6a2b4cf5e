// Entry point of every npm script. Runs on any Node >= 20 with built-ins only: it installs what is
// missing, builds what is stale, and hands over to the Node.js that the project brings along.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const node = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const stamps = join(modules, '.tagboat');

/** Debian packages that the tests drive, and the programs that show each is there; of several places one is enough. */
const debianPackages = {
  chromium: ['/usr/bin/chromium'],
  'docker-registry': ['/usr/bin/docker-registry'],
  skopeo: ['/usr/bin/skopeo'],
  buildah: ['/usr/bin/buildah'],
  'apache2-utils': ['/usr/bin/htpasswd'],
  openssl: ['/usr/bin/openssl'],
  postgresql: ['/usr/lib/postgresql'],
  // With containerd. Docker's own packages do as well, and Debian's would remove them.
  'docker.io': [['/usr/sbin/dockerd', '/usr/bin/dockerd'], '/usr/bin/containerd', '/usr/bin/ctr'],
};

const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    if (children.size === 0) process.exit(1);
  });
}

/** Runs a program with inherited output; resolves to its exit code. */
function run(command, args, { env = process.env, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: quiet ? ['ignore', 'ignore', 'inherit'] : ['inherit', 'inherit', 'inherit'],
    });
    children.add(child);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      children.delete(child);
      resolve(signal ? 1 : (code ?? 1));
    });
  });
}

/** Runs a step and ends this process with its code when it fails. */
async function must(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) process.exit(code);
}

/** PATH with the project's own programs first, so that every child uses the Node.js brought along. */
const projectEnv = () => ({
  ...process.env,
  PATH: `${join(modules, '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
});

/** What a result of the tests depends on. */
const everything = [
  'src',
  'web',
  'test',
  'bench',
  'scripts',
  'bin',
  'docs',
  '.ci',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'vitest.config.ts',
  'biome.json',
  '.oxlintrc.json',
  'ARCHITECTURE.md',
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
];

function hashFiles(paths, withoutTests = true) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    const stat = statSync(path);
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort()) {
        if (name === 'node_modules' || name === 'dist' || (withoutTests && name.endsWith('.test.ts'))) continue;
        visit(join(path, name));
      }
    } else {
      hash.update(relative(root, path).split(sep).join('/')).update('\0').update(readFileSync(path)).update('\0');
    }
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest('hex');
}

const readStamp = (name) => {
  try {
    return readFileSync(join(stamps, name), 'utf8');
  } catch {
    return '';
  }
};
const writeStamp = (name, value) => {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
};

/** One installer or builder at a time: a lock file that names its owner, taken over when the owner is gone. */
async function locked(name, work) {
  const lock = join(root, `.tagboat-${name}.lock`);
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : 0);
      if (owner > 0 && isRunning(owner)) await new Promise((resolve) => setTimeout(resolve, 200));
      else rmSync(lock, { force: true });
    }
  }
  const release = () => rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    release();
    process.removeListener('exit', release);
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function install() {
  const current = () => readStamp('installed') === hashFiles(['package.json', 'package-lock.json']) && existsSync(node);
  if (current()) return;
  await locked('install', async () => {
    if (current()) return;
    process.stderr.write('Installing dependencies (npm ci) …\n');
    // npm must not run on a Node.js inside the folder that it is about to delete.
    const path = process.env.PATH.split(process.platform === 'win32' ? ';' : ':').filter((part) => !part.includes('node_modules'));
    const env = { ...process.env, PATH: path.join(process.platform === 'win32' ? ';' : ':') };
    await must('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], { env, quiet: true });
    writeStamp('installed', hashFiles(['package.json', 'package-lock.json']));
  });
}

async function installDebianPackages() {
  const missing = Object.entries(debianPackages)
    .filter(([, files]) => !files.every((places) => [places].flat().some((file) => existsSync(file))))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const isDebian = existsSync('/usr/bin/apt-get');
  if (!isDebian || process.getuid?.() !== 0) {
    process.stderr.write(`The tests drive programs that are not installed. Run:\n  sudo ${command}\n`);
    process.exit(1);
  }
  process.stderr.write(`Installing ${missing.join(', ')} (apt) …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
  const result = spawnSync('apt-get', command.split(' ').slice(1), { stdio: ['ignore', 'ignore', 'inherit'], env });
  if (result.status !== 0) {
    process.stderr.write(`apt failed. Run:\n  ${command}\n`);
    process.exit(1);
  }
}

async function build() {
  const sources = ['src', 'web', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  const current = () =>
    readStamp('built') === hashFiles(sources) && existsSync(join(root, 'dist/main.js')) && existsSync(join(root, 'web/dist/index.html'));
  if (current()) return;
  await locked('build', async () => {
    if (current()) return;
    process.stderr.write('Building …\n');
    const stamp = hashFiles(sources);
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    await must(join(modules, '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], { env: projectEnv() });
    await must(join(modules, '.bin', 'vite'), ['build', 'web', '--logLevel', 'warn'], { env: projectEnv() });
    writeStamp('built', stamp);
  });
}

const runNode = (args) => must(node, args, { env: projectEnv() });
const runBin = (name, args) => must(join(modules, '.bin', name), args, { env: projectEnv() });

async function check() {
  await runBin('tsc', ['--noEmit', '-p', 'tsconfig.json']);
  await runBin('tsc', ['--noEmit', '-p', 'web/tsconfig.json']);
  await runBin('oxlint', ['--type-aware', '--deny-warnings']);
  await runBin('biome', ['format', '.']);
  await runNode(['scripts/generate.ts', '--check']);
  await runBin('vitest', ['run', '--project', 'architecture']);
}

/**
 * Checks and tests everything. A tree that passed before passes again at once, as with `go test`; CI, and `npm test -- --force`,
 * always run all.
 */
async function testAll(force) {
  const tree = () => hashFiles(everything, false);
  const tested = tree();
  if (!force && !process.env.CI && readStamp('tested') === tested) {
    process.stdout.write('Nothing changed since everything passed here. `npm test -- --force` runs it all again.\n');
    return;
  }
  await check();
  await build();
  await runBin('vitest', ['run']);
  if (tree() === tested) writeStamp('tested', tested);
}

const [task = 'start', ...rest] = process.argv.slice(2);
await install();
switch (task) {
  case 'start':
    await build();
    await runNode(['dist/main.js', 'serve', ...rest]);
    break;
  case 'dev':
    await runNode(['scripts/dev.ts', ...rest]);
    break;
  case 'build':
    await build();
    break;
  case 'generate':
    await runNode(['scripts/generate.ts', ...rest]);
    break;
  case 'check':
    await check();
    break;
  case 'bench':
    await build();
    await runNode(['bench/run.ts', ...rest]);
    break;
  case 'tagboat':
    await runNode(['src/main.ts', ...rest]);
    break;
  case 'test':
    await installDebianPackages();
    if (rest.every((argument) => argument === '--force')) await testAll(rest.length > 0);
    else {
      await build();
      await runBin('vitest', ['run', ...rest]);
    }
    break;
  default:
    process.stderr.write(`Unknown task: ${task}\n`);
    process.exit(2);
}
