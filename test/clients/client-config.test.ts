import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client as UndiciClient } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientConfig } from '../../src/sdk/index.ts';
import { buildImage, writeOciLayout } from '../../src/testing/index.ts';
import { type Tagboat, tagboat } from '../cli/tagboat.ts';
import { createAuthority } from '../support/certificates.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type Finished, tryRun } from '../support/run.ts';
import { Skopeo } from '../support/skopeo.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { alsoOnIPv6, type Daemon, noPrivateDockerd, startContainerd, startDockerd } from './daemons.ts';

/** What every program here says when it does not know the authority. */
const unknownAuthority = /certificate signed by unknown authority|unknown certificate authority/;
const closedHost = '127.0.0.1:1';

let directory: TemporaryDirectory;
let registry: DockerRegistry;
let open: DockerRegistry;
let program: Tagboat;
let ca: string;

beforeAll(async () => {
  [directory, registry, open, program] = await Promise.all([
    temporaryDirectory('tagboat-client-config'),
    startDockerRegistry({ kind: 'tls' }),
    startDockerRegistry({ kind: 'open' }),
    tagboat(),
  ]);
  ca = join(directory.path, 'ca.pem');
  await writeFile(ca, registry.authority?.cert ?? '');
  const layout = join(directory.path, 'layout');
  await writeOciLayout(layout, [{ content: buildImage({ platform: 'linux/amd64' }), tag: 'one' }]);
  const tls = new Skopeo(directory.path, { ...registry, ...(registry.authority && { ca: registry.authority.cert }) });
  await tls.copy(`oci:${layout}:one`, `docker://${registry.host}/team/app:1.0`);
  await tls.copy(`oci:${layout}:one`, `docker://${registry.host}/cache/team/app:1.0`);
  await new Skopeo(directory.path, open).copy(`oci:${layout}:one`, `docker://${open.host}/team/app:1.0`);
});
afterAll(async () => {
  await Promise.all([registry?.stop(), open?.stop(), program?.[Symbol.asyncDispose]()]);
  await directory?.remove();
});

let trees = 0;

/** A registry that lets in only who has a certificate, and the tree for it with the key put in place. */
async function mutual(client: string, folder: string): Promise<{ registry: DockerRegistry; tree: string }> {
  const closed = await startDockerRegistry({ kind: 'tls', mutual: true });
  const { authority } = closed;
  if (!authority) throw new Error('The registry has no authority.');
  const pair = await authority.issue({ usage: 'client' });
  const [authorityFile, certificateFile] = [join(directory.path, `${client}-ca.pem`), join(directory.path, `${client}-cert.pem`)];
  await Promise.all([writeFile(authorityFile, authority.cert), writeFile(certificateFile, pair.cert)]);
  const made = await tree(client, closed.host, '--ca-file', authorityFile, '--client-cert', certificateFile);
  await writeFile(join(made, folder, closed.host, 'client.key'), pair.key);
  return { registry: closed, tree: made };
}

/** Writes what `tagboat client-config` says for a client below a new folder, and answers the folder. */
async function tree(client: string, host: string, ...flags: string[]): Promise<string> {
  const folder = join(directory.path, `tree-${++trees}`);
  const { code, stderr } = await program.run(['client-config', host, '--for', client, '--output', folder, ...flags]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return folder;
}

describe('skopeo', () => {
  /** Reads an image with a person's own configuration, which is what goes below /etc/containers otherwise. */
  async function inspect(reference: string, folder?: string, ...flags: string[]): Promise<Finished> {
    const home = join(directory.path, `home-${++trees}`);
    await mkdir(join(home, '.config/containers'), { recursive: true });
    if (folder) await cp(join(folder, 'etc/containers'), join(home, '.config/containers'), { recursive: true });
    const env = { HOME: home, XDG_CONFIG_HOME: undefined, XDG_RUNTIME_DIR: undefined, CONTAINERS_REGISTRIES_CONF: undefined };
    return tryRun('skopeo', ['inspect', '--no-tags', ...flags, `docker://${reference}`], { env });
  }
  const creds = () => `--creds=${registry.username}:${registry.password}`;

  it('trusts the authority by the folder of its host, and does not without', async () => {
    const reference = `${registry.host}/team/app:1.0`;
    expect((await inspect(reference, undefined, creds())).stderr).toMatch(unknownAuthority);
    const { code, stdout, stderr } = await inspect(reference, await tree('skopeo', registry.host, '--ca-file', ca), creds());
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ Name: `${registry.host}/team/app` });
  });

  it('accepts any certificate, and plain HTTP, where that was chosen', async () => {
    const insecure = await inspect(`${registry.host}/team/app:1.0`, await tree('podman', registry.host, '--insecure'), creds());
    expect(insecure).toMatchObject({ code: 0, stderr: '' });
    const reference = `${open.host}/team/app:1.0`;
    expect((await inspect(reference)).code).toBe(1);
    expect(await inspect(reference, await tree('buildah', open.host, '--plain-http'))).toMatchObject({ code: 0, stderr: '' });
  });

  it('shows its certificate', async () => {
    const { registry: closed, tree: folder } = await mutual('skopeo', 'etc/containers/certs.d');
    try {
      const reference = `${closed.host}/team/app:1.0`;
      expect((await inspect(reference, folder, creds())).stderr).toContain('manifest unknown');
      await rm(join(folder, 'etc/containers/certs.d', closed.host, 'client.key'));
      expect((await inspect(reference, folder, creds())).stderr).toMatch(/missing key|client\.key/);
    } finally {
      await closed.stop();
    }
  });

  it('reads another host’s images from the mirror, below its path', async () => {
    const reference = `${closedHost}/team/app:1.0`;
    expect((await inspect(reference, undefined, creds())).code).toBe(1);
    const folder = await tree('cri-o', `${registry.host}/cache`, '--ca-file', ca, '--mirror-of', closedHost);
    // Credentials on the command line are for the host that was named, so the mirror's come from a file.
    const auth = join(directory.path, 'auth.json');
    const pair = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
    await writeFile(auth, JSON.stringify({ auths: { [registry.host]: { auth: pair } } }));
    expect(await inspect(reference, folder, `--authfile=${auth}`)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('containerd', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = await startContainerd(join(directory.path, 'containerd'));
  });
  afterAll(() => daemon?.stop());

  const fetchImage = (reference: string, folder?: string, ...flags: string[]) => {
    const hosts = folder === undefined ? [] : ['--hosts-dir', join(folder, 'etc/containerd/certs.d')];
    return tryRun('ctr', ['--address', daemon.socket, 'content', 'fetch', ...hosts, ...flags, reference]);
  };
  const user = () => ['--user', `${registry.username}:${registry.password}`];

  it('trusts the authority by hosts.toml, and does not without', async () => {
    const reference = `${registry.host}/team/app:1.0`;
    // Without any, containerd speaks plain HTTP to this very machine.
    expect((await fetchImage(reference, undefined, ...user())).code).toBe(1);
    const stranger = join(directory.path, 'stranger.pem');
    await writeFile(stranger, (await createAuthority('Somebody Else')).cert);
    const wrong = await fetchImage(reference, await tree('containerd', registry.host, '--ca-file', stranger), ...user());
    expect(wrong.stderr).toMatch(unknownAuthority);
    const folder = await tree('containerd', registry.host, '--ca-file', ca);
    const { code, stderr } = await fetchImage(reference, folder, ...user());
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('accepts any certificate, and plain HTTP, where that was chosen', async () => {
    const insecure = await tree('containerd', registry.host, '--insecure');
    expect(await fetchImage(`${registry.host}/team/app:1.0`, insecure, ...user())).toMatchObject({ code: 0 });
    const plain = await tree('containerd', open.host, '--plain-http');
    expect(await fetchImage(`${open.host}/team/app:1.0`, plain)).toMatchObject({ code: 0 });
  });

  it('shows its certificate', async () => {
    const { registry: closed, tree: folder } = await mutual('containerd', 'etc/containerd/certs.d');
    try {
      const reference = `${closed.host}/team/app:1.0`;
      expect((await fetchImage(reference, folder, ...user())).stderr).toMatch(/: not found\s*$/);
      await rm(join(folder, 'etc/containerd/certs.d', closed.host, 'client.key'));
      expect((await fetchImage(reference, folder, ...user())).stderr).toContain('client.key');
    } finally {
      await closed.stop();
    }
  });

  it('fetches another host’s images from the mirror, below its path', async () => {
    const reference = `${closedHost}/team/app:1.0`;
    expect((await fetchImage(reference)).code).toBe(1);
    const folder = await tree('containerd', `${registry.host}/cache`, '--ca-file', ca, '--mirror-of', closedHost);
    expect(await fetchImage(reference, folder, ...user())).toMatchObject({ code: 0 });
  });

  it('takes config.toml, and finds the folder in it', async () => {
    const folder = await tree('containerd', registry.host, '--ca-file', ca, '--containerd-version', '1');
    const dump = await tryRun('containerd', ['--config', join(folder, 'etc/containerd/config.toml'), 'config', 'dump']);
    expect(dump.code).toBe(0);
    expect(dump.stdout).toMatch(/\[plugins\."io\.containerd\.grpc\.v1\.cri"\.registry\]\s+config_path = "\/etc\/containerd\/certs\.d"/);
  });
});

describe('dockerd', () => {
  /** What the daemon says of a pull, asked by its API: newer Debians have the `docker` command in a package of its own. */
  async function pull(reference: string, folder: string): Promise<string> {
    await using place = await temporaryDirectory('tagboat-dockerd');
    const daemon = await startDockerd(place.path, folder);
    const client = new UndiciClient('http://docker', { socketPath: daemon.socket });
    try {
      const { username, password } = registry;
      const login = JSON.stringify({ username, password, serveraddress: reference.split('/', 1)[0] });
      // base64url with its padding, which older daemons insist on.
      const auth = Buffer.from(login).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
      const path = `/images/create?fromImage=${encodeURIComponent(reference)}`;
      const { body } = await client.request({ method: 'POST', path, headers: { 'x-registry-auth': auth } });
      return await body.text();
    } finally {
      await client.close();
      await daemon.stop();
    }
  }

  it('trusts the authority by certs.d and takes daemon.json, and refuses without', { timeout: 120_000 }, async ({ skip }) => {
    const reason = await noPrivateDockerd();
    if (reason !== undefined) skip(reason);
    const { host, close } = await alsoOnIPv6(registry.host);
    try {
      const reference = `${host}/team/app:1.0`;
      const trusting = await tree('docker', host, '--ca-file', ca);
      const careless = await tree('docker', host, '--insecure');
      expect(await pull(reference, join(directory.path, 'no-tree'))).toMatch(unknownAuthority);
      for (const folder of [trusting, careless]) expect(await pull(reference, folder)).toContain('Downloaded newer image');
    } finally {
      await close();
    }
  });
});

describe('the files', () => {
  it('are shown, with where each goes, and say so when none is needed', async () => {
    const shown = await program.run(['client-config', registry.host, '--for', 'docker', '--ca-file', ca]);
    expect(shown.stdout).toContain(`/etc/docker/certs.d/${registry.host}/ca.crt`);
    expect(shown.stdout).toContain('BEGIN CERTIFICATE');
    const none = await program.json<ClientConfig>(['client-config', 'registry.acme.io', '--for', 'podman']);
    expect(none.files).toEqual([]);
    expect(none.notes.join()).toContain('needs no file');
  });

  it('complete what is there, and replace nothing', async () => {
    const folder = join(directory.path, 'there');
    const daemonJson = join(folder, 'etc/docker/daemon.json');
    await mkdir(join(folder, 'etc/docker'), { recursive: true });
    await writeFile(daemonJson, '{\n\t"insecure-registries": ["a:1"],\n\t"log-level": "warn"\n}\n');
    const args = ['client-config', 'b.acme.io:2', '--for', 'docker', '--insecure', '--output', folder];
    expect((await program.run(args)).stdout).toContain('completed');
    expect(await readFile(daemonJson, 'utf8')).toBe(
      '{\n\t"insecure-registries": [\n\t\t"a:1",\n\t\t"b.acme.io:2"\n\t],\n\t"log-level": "warn"\n}\n',
    );
    expect((await program.run(args)).stdout).toContain('as it was');

    const certificates = ['client-config', 'b.acme.io:2', '--for', 'docker', '--ca-file', ca, '--client-cert', ca, '--output', folder];
    const key = join(folder, 'etc/docker/certs.d/b.acme.io:2/client.key');
    expect((await program.run(certificates)).code).toBe(0);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    await writeFile(key, 'the real one');
    await writeFile(join(folder, 'etc/docker/certs.d/b.acme.io:2/ca.crt'), 'somebody else’s');
    const refused = await program.run(certificates);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--force');
    expect((await program.run([...certificates, '--force'])).code).toBe(0);
    expect(await readFile(key, 'utf8')).toBe('the real one');
  });
});
