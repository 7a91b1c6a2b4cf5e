import { describe, expect, it } from 'vitest';
import { InvalidSettings } from '../../core/errors.ts';
import { renderClientConfig } from './render.ts';
import { clientIds, type ClientConfig, type ClientConfigOptions, type ClientRegistry } from './types.ts';

type Connection = ClientRegistry['connection'];
const connection = (more: Partial<Connection> = {}): Connection => ({
  tls: 'verify',
  caCertificates: [],
  proxyHasPassword: false,
  ...more,
});
const own = { tls: 'ca', ca: 'CA-PEM\n' } as const;
const mutual = { ...own, clientCertificate: { cert: 'CERT-PEM\n', info: [], hasKey: true } };

function registry(url: string, how: Partial<Connection> = {}, more: Partial<ClientRegistry> = {}): ClientRegistry {
  const host = new URL(url).host;
  return { name: 'team', url, host, prefix: host, namespace: '', connection: connection(how), ...more };
}

const render = (of: ClientRegistry, client: ClientConfigOptions['client'], more: Partial<ClientConfigOptions> = {}): ClientConfig =>
  renderClientConfig(of, { client, helper: false, ...more });
const files = (config: ClientConfig): Record<string, string> =>
  Object.fromEntries(config.files.map((file) => [file.path, file.content.replace(/^# .*\n/, '')]));
const problem = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidSettings) return `${error.fields[0]?.field}: ${error.message}`;
    throw error;
  }
  return 'none';
};

describe('a registry that every system trusts', () => {
  it.each(clientIds)('needs no file of %s, which is said', (client) => {
    const config = render(registry('https://registry.acme.io'), client);
    expect(config).toMatchObject({ client, files: [], commands: [] });
    expect(config.notes.join(' ')).toContain('needs no file to reach registry.acme.io');
  });

  it('is signed in to by the helper, by the key that each client uses', () => {
    const hub = registry('https://registry-1.docker.io', {}, { prefix: 'docker.io' });
    expect(files(render(hub, 'docker', { helper: true }))).toEqual({
      '~/.docker/config.json': '{\n  "credHelpers": {\n    "https://index.docker.io/v1/": "tagboat"\n  }\n}\n',
    });
    expect(Object.keys(files(render(hub, 'containerd', { helper: true })))).toEqual([]);
    expect(files(render(hub, 'skopeo', { helper: true }))['~/.config/containers/auth.json']).toContain('"docker.io": "tagboat"');
    const other = registry('https://a.acme.io:8443');
    expect(files(render(other, 'buildkit', { helper: true }))['~/.docker/config.json']).toContain('"a.acme.io:8443": "tagboat"');
  });
});

describe('an own authority and a client certificate', () => {
  const of = registry('https://registry.acme.io:5000', mutual);

  it.each([
    ['docker', '/etc/docker/certs.d/registry.acme.io:5000'],
    ['podman', '/etc/containers/certs.d/registry.acme.io:5000'],
    ['cri-o', '/etc/containers/certs.d/registry.acme.io:5000'],
    ['containerd', '/etc/containerd/certs.d/registry.acme.io:5000'],
    ['buildkit', '/etc/buildkit/certs/registry.acme.io:5000'],
  ] as const)('are in the folder of the host for %s, but for the key', (client, folder) => {
    const config = render(of, client);
    expect(files(config)).toMatchObject({ [`${folder}/ca.crt`]: 'CA-PEM\n', [`${folder}/client.cert`]: 'CERT-PEM\n' });
    expect(config.files.find((file) => file.path === `${folder}/client.key`)).toMatchObject({
      placeholder: true,
      mode: '0600',
      content: expect.stringContaining('Put the private key'),
    });
  });

  it('are named by hosts.toml, relative to it, and by buildkitd.toml', () => {
    expect(files(render(of, 'containerd'))['/etc/containerd/certs.d/registry.acme.io:5000/hosts.toml']).toBe(
      'server = "https://registry.acme.io:5000"\nca = "ca.crt"\nclient = [["client.cert", "client.key"]]\n\n[host."https://registry.acme.io:5000"]\ncapabilities = ["pull", "resolve", "push"]\nca = "ca.crt"\nclient = [["client.cert", "client.key"]]\n',
    );
    const folder = '/etc/buildkit/certs/registry.acme.io:5000';
    expect(files(render(of, 'buildkit'))['/etc/buildkit/buildkitd.toml']).toBe(
      `[registry."registry.acme.io:5000"]\nca = ["${folder}/ca.crt"]\n\n[[registry."registry.acme.io:5000".keypair]]\nkey = "${folder}/client.key"\ncert = "${folder}/client.cert"\n`,
    );
  });

  it('of Docker Hub go where dockerd looks: among those of the system', () => {
    const hub = registry('https://registry-1.docker.io', own, { prefix: 'docker.io' });
    expect(Object.keys(files(render(hub, 'docker')))).toEqual(['/usr/local/share/ca-certificates/tagboat-team.crt']);
    expect(Object.keys(files(render(hub, 'podman')))).toEqual(['/etc/containers/certs.d/docker.io/ca.crt']);
    expect(Object.keys(files(render(hub, 'containerd')))[0]).toBe('/etc/containerd/certs.d/docker.io/hosts.toml');
    expect(files(render(hub, 'buildkit'))['/etc/buildkit/buildkitd.toml']).toContain('[registry."docker.io"]');
  });
});

describe('a registry without protection', () => {
  it.each([
    ['insecure', 'https://[fd00::5]:5000', 'https', 'skip_verify = true', 'insecure = true'],
    ['plain', 'http://[fd00::5]:5000', 'http', 'server = ', 'http = true'],
  ] as const)('%s', (tls, url, scheme, containerd, buildkit) => {
    const of = registry(url, { tls });
    expect(JSON.parse(files(render(of, 'docker'))['/etc/docker/daemon.json'] ?? '')).toEqual({ 'insecure-registries': ['[fd00::5]:5000'] });
    expect(files(render(of, 'podman'))['/etc/containers/registries.conf.d/050-tagboat-team.conf']).toBe(
      '[[registry]]\nprefix = "[fd00::5]:5000"\nlocation = "[fd00::5]:5000"\ninsecure = true\n',
    );
    const hosts = files(render(of, 'containerd'))['/etc/containerd/certs.d/[fd00::5]:5000/hosts.toml'];
    expect(hosts).toContain(`server = "${scheme}://[fd00::5]:5000"`);
    expect(hosts).toContain(containerd);
    expect(hosts?.includes('skip_verify')).toBe(tls === 'insecure');
    expect(files(render(of, 'buildkit'))['/etc/buildkit/buildkitd.toml']).toBe(`[registry."[fd00::5]:5000"]\n${buildkit}\n`);
  });
});

describe('mirrors', () => {
  const cache = registry('https://cache.acme.io', {}, { namespace: 'hub' });

  it('of another host are asked first, below the namespace', () => {
    expect(files(render(cache, 'containerd', { mirrorOf: 'docker.io' }))['/etc/containerd/certs.d/docker.io/hosts.toml']).toBe(
      'server = "https://registry-1.docker.io"\n\n[host."https://cache.acme.io/v2/hub"]\ncapabilities = ["pull", "resolve"]\noverride_path = true\n',
    );
    expect(files(render(cache, 'podman', { mirrorOf: 'quay.io/acme' }))['/etc/containers/registries.conf.d/050-tagboat-team.conf']).toBe(
      '[[registry]]\nprefix = "quay.io/acme"\nlocation = "quay.io/acme"\n\n[[registry.mirror]]\nlocation = "cache.acme.io/hub"\n',
    );
    expect(files(render(cache, 'buildkit', { mirrorOf: 'docker.io' }))['/etc/buildkit/buildkitd.toml']).toBe(
      '[registry."docker.io"]\nmirrors = ["cache.acme.io/hub"]\n',
    );
  });

  it('of Docker are of Docker Hub, at the root of a host', () => {
    const root = registry('https://cache.acme.io', own);
    expect(files(render(root, 'docker', { mirrorOf: 'index.docker.io' }))).toEqual({
      '/etc/docker/certs.d/cache.acme.io/ca.crt': 'CA-PEM\n',
      '/etc/docker/daemon.json': '{\n  "registry-mirrors": [\n    "https://cache.acme.io"\n  ]\n}\n',
    });
    expect(problem(() => render(root, 'docker', { mirrorOf: 'ghcr.io' }))).toMatch(/^mirrorOf: Docker mirrors Docker Hub/);
    expect(problem(() => render(cache, 'docker', { mirrorOf: 'docker.io' }))).toMatch(/^mirrorOf: .*below a path/);
    expect(problem(() => render(root, 'docker', { mirrors: ['m.acme.io'] }))).toMatch(/^mirrors: /);
  });

  it('of this registry come before it', () => {
    const of = registry('https://registry.acme.io');
    const hosts = files(render(of, 'containerd', { mirrors: ['eu.acme.io', 'us.acme.io/cache'] }))[
      '/etc/containerd/certs.d/registry.acme.io/hosts.toml'
    ];
    expect(hosts?.match(/^\[host.*/gm)).toEqual([
      '[host."https://eu.acme.io"]',
      '[host."https://us.acme.io/v2/cache"]',
      '[host."https://registry.acme.io"]',
    ]);
    expect(files(render(of, 'skopeo', { mirrors: ['eu.acme.io'] }))['/etc/containers/registries.conf.d/050-tagboat-team.conf']).toContain(
      '[[registry.mirror]]\nlocation = "eu.acme.io"',
    );
  });

  it.each(['', 'no-host', 'https://x.io', 'x.io:tag', 'x.io/a@sha256:00', 'x.io/../..', 'x.io"\n[evil]', '..', 'a b.io', 'x.io/UP'])(
    'are not %j',
    (text) => {
      expect(problem(() => render(registry('https://registry.acme.io'), 'containerd', { mirrorOf: text }))).toMatch(/^mirrorOf: /);
    },
  );
});

it('tells those who can that references name another host than the one that answers', () => {
  const of = registry('https://harbor.acme.io', own, { prefix: 'images.acme.io/team' });
  expect(files(render(of, 'podman'))).toMatchObject({
    '/etc/containers/certs.d/harbor.acme.io/ca.crt': 'CA-PEM\n',
    '/etc/containers/registries.conf.d/050-tagboat-team.conf':
      '[[registry]]\nprefix = "images.acme.io/team"\nlocation = "harbor.acme.io/team"\n',
  });
  expect(files(render(of, 'containerd'))['/etc/containerd/certs.d/images.acme.io/hosts.toml']).toContain(
    'server = "https://harbor.acme.io"',
  );
  expect(render(of, 'docker').notes.join(' ')).toContain('Docker cannot be told');
});

it('says where each client takes a proxy, and nothing of its password', () => {
  for (const client of clientIds) {
    const { notes } = render(
      registry('https://registry.acme.io', { proxy: 'http://ana@proxy.acme.io:3128', proxyHasPassword: true }),
      client,
    );
    expect(notes.join(' ')).toContain('http://ana@proxy.acme.io:3128');
  }
});

it('writes no file outside the folders of the client, whatever a registry is called', () => {
  const hostile = registry('https://registry.acme.io', { tls: 'insecure' }, { name: '../../../etc/passwd\n[x]' });
  const config = render(hostile, 'podman');
  expect(config.files.map((file) => file.path)).toEqual(['/etc/containers/registries.conf.d/050-tagboat-etc-passwd-x.conf']);
  expect(config.files[0]?.content.split('\n')[0]).toMatch(/^# /);
  expect(config.files[0]?.content.split('\n')[1]).toBe('[[registry]]');
  expect(() => render(registry('https://a_b.acme.io', own), 'docker')).toThrow(InvalidSettings);
});

it('holds config.toml for either containerd', () => {
  const of = registry('https://registry.acme.io', own);
  expect(files(render(of, 'containerd', { containerd: 1 }))['/etc/containerd/config.toml']).toBe(
    'version = 2\n\n[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/etc/containerd/certs.d"\n',
  );
  expect(files(render(of, 'containerd'))['/etc/containerd/config.toml']).toBe(
    'version = 3\n\n[plugins."io.containerd.cri.v1.images".registry]\nconfig_path = "/etc/containerd/certs.d"\n',
  );
});
