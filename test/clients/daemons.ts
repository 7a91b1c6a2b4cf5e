import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { notInstalled, tryRun } from '../support/run.ts';

export interface Daemon {
  /** Path of its socket. */
  socket: string;
  stop: () => Promise<void>;
}

/** containerd with everything of its own below a folder; it runs no containers, so it needs no cgroups. */
export async function startContainerd(folder: string): Promise<Daemon> {
  const at = (name: string) => join(folder, name);
  const config = [
    'version = 2',
    `root = ${JSON.stringify(at('root'))}`,
    `state = ${JSON.stringify(at('state'))}`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `address = ${JSON.stringify(at('socket'))}`,
    '[ttrpc]',
    `address = ${JSON.stringify(at('ttrpc'))}`,
  ];
  await mkdir(folder, { recursive: true });
  await writeFile(at('config.toml'), `${config.join('\n')}\n`);
  return started('containerd', spawn('containerd', ['--config', at('config.toml')], { stdio: ['ignore', 'ignore', 'pipe'] }), at('socket'));
}

/**
 * dockerd with everything of its own below a folder, in a mount namespace where `/etc` is this machine's, completed by a tree:
 * dockerd reads `/etc/docker/certs.d` and nothing else. Without network of its own.
 */
export async function startDockerd(folder: string, tree: string): Promise<Daemon> {
  const at = (name: string) => join(folder, name);
  await mkdir(at('layer'), { recursive: true });
  const script = [
    'set -e',
    'mount -t tmpfs tmpfs "$1"',
    'mkdir "$1/upper" "$1/work"',
    'mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc',
    'if [ -d "$2/etc" ]; then cp -r "$2/etc/." /etc/; fi',
    'printf "::1 localhost\\n" > /etc/hosts',
    'shift 2',
    'exec dockerd "$@"',
  ];
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'];
  const places = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '--host', `unix://${at('socket')}`];
  const args = ['--mount', 'sh', '-c', script.join('\n'), 'sh', at('layer'), tree, ...places, '--storage-driver=vfs', ...network];
  return started('dockerd', spawn('unshare', args, { stdio: ['ignore', 'ignore', 'pipe'] }), at('socket'));
}

/** Why a private dockerd cannot run here; undefined when it can. */
export async function noPrivateDockerd(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'dockerd runs as root only';
  const { code, stderr } = await tryRun('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return code === 0 ? undefined : `no mounts are allowed here: ${stderr.trim()}`;
}

async function started(name: string, child: ChildProcess, socket: string): Promise<Daemon> {
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-8000)));
  const failed = once(child, 'error').then(([error]) => Promise.reject(notInstalled(name, error)));
  failed.catch(() => {});
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  };
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && child.exitCode === null; ) {
    const isThere = await Promise.race([
      access(socket).then(
        () => true,
        () => false,
      ),
      failed,
    ]);
    if (isThere && (await answers(socket))) return { socket, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`${name} did not start:\n${log}`);
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false));
    connection.once('connect', () => connection.destroy());
  });
}

/**
 * The same port on `::1`. For Docker everything in 127.0.0.0/8 is insecure by itself, so only a registry elsewhere shows whether
 * its configuration counts.
 */
export async function alsoOnIPv6(host: string): Promise<{ host: string; close: () => Promise<void> }> {
  const port = Number(host.split(':')[1]);
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
    }
  });
  server.listen(port, '::1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
  return { host: `localhost:${port}`, close };
}
