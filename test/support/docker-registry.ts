import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { join } from 'node:path';
import { type CertificateAuthority, createAuthority, type KeyPair } from './certificates.ts';
import { freePort } from './free-port.ts';
import { notInstalled, run } from './run.ts';
import { temporaryDirectory } from './temporary.ts';
import { startTokenServer } from './token-server.ts';

export type DockerRegistryKind = 'open' | 'htpasswd' | 'token' | 'tls';

export interface DockerRegistryOptions {
  kind: DockerRegistryKind;
  /** Default `ci` / `s3cret-pass`. */
  username?: string;
  password?: string;
  /** Seconds that tokens live, with kind `token`. Default 300. */
  tokenExpiresIn?: number;
  /** With kind `tls`: lets in only who has a certificate of its authority. */
  mutual?: boolean;
  /** Deleting of manifests. Default true; false as it comes from Debian. */
  deletion?: boolean;
}

/** Debian's `docker-registry` as a process of its own, on a port of 127.0.0.1. */
export interface DockerRegistry {
  url: string;
  host: string;
  kind: DockerRegistryKind;
  /** Absent when it is open. */
  username?: string;
  password?: string;
  /** Authority that issued its certificate, with kind `tls`. */
  authority?: CertificateAuthority;
  stop: () => Promise<void>;
}

const program = '/usr/bin/docker-registry';

/** Starts it: open, with htpasswd, with token authentication, or with TLS of an own authority and htpasswd. */
export async function startDockerRegistry(options: DockerRegistryOptions): Promise<DockerRegistry> {
  const { kind, username = 'ci', password = 's3cret-pass' } = options;
  await access(program).catch((error: unknown) => Promise.reject(notInstalled('docker-registry', error)));
  const directory = await temporaryDirectory('tagboat-docker-registry');
  const at = (name: string) => join(directory.path, name);
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const closing: (() => Promise<void>)[] = [directory.remove];
  const config: Record<string, unknown> = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: at('data') }, delete: { enabled: options.deletion ?? true } },
    http: { addr: host },
  };
  const registry: DockerRegistry = { url: `http://${host}`, host, kind, stop: async () => {} };
  let client: KeyPair | undefined;
  try {
    await mkdir(at('data'));
    if (kind !== 'open') Object.assign(registry, { username, password });
    if (kind === 'htpasswd' || kind === 'tls') {
      const { stdout } = await run('htpasswd', ['-niB', username], { input: password });
      await writeFile(at('htpasswd'), stdout, { mode: 0o600 });
      config.auth = { htpasswd: { realm: 'Test registry', path: at('htpasswd') } };
    }
    if (kind === 'token') {
      const signer = await createAuthority('Tagboat Test Token Signer');
      await writeFile(at('signer.pem'), signer.cert);
      const names = { issuer: 'tagboat-test', service: 'test-registry' };
      const tokens = await startTokenServer({ users: { [username]: password }, signer, expiresIn: options.tokenExpiresIn, ...names });
      closing.unshift(tokens.close);
      config.auth = { token: { realm: tokens.realm, rootcertbundle: at('signer.pem'), ...names } };
    }
    if (kind === 'tls') {
      const authority = await createAuthority();
      const { cert, key } = await authority.issue();
      await Promise.all([writeFile(at('cert.pem'), cert), writeFile(at('key.pem'), key, { mode: 0o600 })]);
      const tls = { certificate: at('cert.pem'), key: at('key.pem') };
      if (options.mutual) {
        await writeFile(at('ca.pem'), authority.cert);
        client = await authority.issue({ usage: 'client' });
      }
      config.http = { addr: host, tls: { ...tls, ...(options.mutual && { clientcas: [at('ca.pem')] }) } };
      Object.assign(registry, { authority, url: `https://${host}` });
    }
    // JSON is YAML, too.
    await writeFile(at('config.yml'), JSON.stringify(config));
    const child = spawn(program, ['serve', at('config.yml')], { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } });
    closing.unshift(() => end(child));
    await untilReady(child, registry.url, client);
  } catch (error) {
    for (const close of closing) await close();
    throw error;
  }
  registry.stop = async () => {
    for (const close of closing) await close();
  };
  return registry;
}

async function untilReady(child: ChildProcess, url: string, client: KeyPair | undefined): Promise<void> {
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4000)));
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false, ...client } });
  try {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
      if (child.exitCode !== null) break;
      const answer = await request(`${url}/v2/`, { dispatcher }).catch(() => undefined);
      await answer?.body.dump();
      if (answer) return;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`docker-registry did not start:\n${log}`);
  } finally {
    await dispatcher.close();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}
