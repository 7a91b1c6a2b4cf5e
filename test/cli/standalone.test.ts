import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image, Repository, Tag } from '../../src/sdk/index.ts';
import {
  buildHelmChart,
  buildImage,
  putDemoContent,
  silence,
  startRegistry,
  status,
  type TestRegistry,
  tooManyRequests,
} from '../../src/testing/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const password = 'standalone-S3cret-pass';
let open: TestRegistry;
let guarded: TestRegistry;
let program: Tagboat;

beforeAll(async () => {
  [open, guarded, program] = await Promise.all([
    startRegistry(),
    startRegistry({ auth: { kind: 'token', users: { ci: password } }, rateLimit: { limit: 100, window: 21_600 } }),
    tagboat(),
  ]);
  for (const registry of [open, guarded]) putDemoContent(registry.content, new Date());
});
afterAll(async () => {
  await Promise.all([open.close(), guarded.close(), program[Symbol.asyncDispose]()]);
});

describe('without a hub', () => {
  it('lists repositories', async () => {
    const { items, complete } = await program.json<{ items: Repository[]; complete: boolean }>(['repos', open.host]);
    expect(complete).toBe(true);
    expect(items.map((item) => item.name)).toEqual([
      'charts/shop',
      'platform/policies',
      'platform/postgres',
      'platform/toolbox',
      'shop/api',
      'shop/web',
      'shop/worker',
    ]);
    expect(items[0]).toMatchObject({ registry: open.host, reference: `${open.host}/charts/shop`, pinned: false });
    expect((await program.run(['repos', open.host, '--filter', 'SHOP/', '--quiet'])).stdout).toBe('shop/api\nshop/web\nshop/worker\n');
  });

  it('lists tags with digest, age, size and platforms', async () => {
    const { code, stdout, stderr } = await program.run(['tags', `${open.host}/shop/api`, '--limit', '3', '--filter', '^1.8']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('The first 3 of') });
    const [heading, first] = stdout.split('\n');
    expect(heading).toMatch(/^TAG +DIGEST +CREATED +SIZE +PLATFORMS$/);
    expect(first).toMatch(/^1\.8\.2 +sha256:[0-9a-f]{64} +4 h ago +\d\.\d MiB +amd64 arm64$/);
    expect(stdout).not.toContain('\u001b');

    const { items, total } = await program.json<{ items: Tag[]; total: number }>([
      'tags',
      `${open.host}/shop/api`,
      '--limit',
      '1',
      '--filter',
      '^1.8',
    ]);
    expect(total).toBeGreaterThan(2);
    expect(items).toEqual([
      {
        name: '1.8.2',
        digest: expect.stringMatching(/^sha256:/),
        mediaType: 'application/vnd.oci.image.index.v1+json',
        kind: 'index',
        size: expect.any(Number),
        createdAt: expect.any(String),
        platforms: ['linux/amd64', 'linux/arm64'],
        complete: true,
      },
    ]);
  });

  it('names other artifacts for what they are', async () => {
    const { items } = await program.json<{ items: Tag[] }>(['tags', `${open.host}/charts/shop`]);
    expect(new Set(items.map((item) => item.kind))).toEqual(new Set(['helm-chart']));
    const { items: policies } = await program.json<{ items: Tag[] }>(['tags', `${open.host}/platform/policies`]);
    expect(policies[0]).toMatchObject({ kind: 'artifact', artifactType: expect.stringContaining('openpolicyagent') });
  });

  it('does not spend a quota that manifests count against, unless told to', async () => {
    const reads = (): number => guarded.requests.filter((entry) => entry.method === 'GET' && entry.path.includes('/manifests/')).length;
    const before = reads();
    const args = ['tags', `${guarded.host}/shop/api`, '--username', 'ci', '--password-stdin', '--limit', '2'];
    const { code, stdout, stderr } = await program.run(args, { input: password });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TAG +DIGEST\n/);
    expect(stderr).toContain('100 of 100 reads are left. --details reads them.');
    expect(reads()).toBe(before);
    expect((await program.run([...args, '--details'], { input: password })).stdout).toContain('amd64 arm64');
    expect(reads()).toBeGreaterThan(before);
  });

  it('inspects an image, its configuration and its referrers', async () => {
    const reference = `${open.host}/shop/api:1.8.2`;
    const image = await program.json<Image & { referrers: { items: { title: string }[] } }>([
      'inspect',
      reference,
      '--referrers',
      '--platform',
      'linux/arm64',
    ]);
    expect(image).toMatchObject({
      reference,
      kind: 'index',
      registry: open.host,
      repository: 'shop/api',
      tag: '1.8.2',
      manifest: { platform: 'linux/arm64' },
    });
    expect(image.manifest?.config).toMatchObject({ architecture: 'arm64', user: 'node', entrypoint: ['node', 'server.js'] });
    expect(image.manifest?.layers.every((layer) => layer.command)).toBe(true);
    expect(image.referrers.items.map((item) => item.title).toSorted()).toEqual(
      expect.arrayContaining(['Cosign signature', 'SLSA provenance', 'SPDX SBOM']),
    );
    expect(image.pull.docker).toBe(`docker pull ${open.host}/shop/api@${image.digest}`);

    const { stdout } = await program.run(['inspect', reference]);
    for (const part of ['index of images', 'linux/arm64', 'COPY', 'NODE_ENV=production', 'org.opencontainers.image.licenses'])
      expect(stdout).toContain(part);
    const config = await program.run(['inspect', reference, '--config']);
    expect(config.stdout).toContain('entrypoint');
    expect(config.stdout).not.toContain('Layers');
  });

  it('gives manifest and configuration byte for byte', async () => {
    const reference = `${open.host}/shop/api:1.8.2`;
    const direct = await (
      await fetch(`${open.url}/v2/shop/api/manifests/1.8.2`, { headers: { accept: 'application/vnd.oci.image.index.v1+json' } })
    ).text();
    expect((await program.run(['inspect', reference, '--raw'])).stdout).toBe(direct);
    const config = JSON.parse((await program.run(['inspect', reference, '--raw', '--config', '--platform', 'linux/arm64'])).stdout) as {
      architecture: string;
    };
    expect(config.architecture).toBe('arm64');
  });

  it('signs in as Docker does: by config.json and by its credential helpers', async () => {
    await using own = await tagboat();
    const anonymous = await own.run(['tags', `${guarded.host}/shop/api`, '-q']);
    expect(anonymous).toMatchObject({ code: 1, stdout: '' });
    expect(anonymous.stderr).toMatch(/^Registry: [\s\S]*\nNext: .*docker login/);

    await own.dockerConfig({ auths: { [guarded.host]: { auth: Buffer.from(`ci:${password}`).toString('base64') } } });
    expect((await own.run(['tags', `${guarded.host}/shop/api`, '-q', '--limit', '1'])).stdout).toBe('2.0.0-rc.1\n');

    const bin = join(own.home, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'docker-credential-fake'),
      `#!/bin/sh\nread host\necho '{"ServerURL":"'$host'","Username":"ci","Secret":"${password}"}'\n`,
    );
    await chmod(join(bin, 'docker-credential-fake'), 0o755);
    await own.dockerConfig({ credHelpers: { [guarded.host]: 'fake' } });
    const helped = await own.run(['tags', `${guarded.host}/shop/api`, '-q', '--limit', '1'], {
      env: { PATH: `${bin}:${process.env['PATH']}` },
    });
    expect(helped).toMatchObject({ code: 0, stdout: '2.0.0-rc.1\n' });
  });

  it('needs the authority of a private certificate, or to be told not to look', async () => {
    const authority = await createAuthority('Standalone CA');
    const tls = await startRegistry({ tls: await authority.issue() });
    tls.put('app', buildImage(), '1.0');
    try {
      const unknown = await program.run(['tags', `${tls.host}/app`]);
      expect(unknown.code).toBe(1);
      expect(unknown.stderr).toMatch(/^Registry: [\s\S]*\nNext: .*--ca-file/);
      const file = join(program.home, 'ca.pem');
      await writeFile(file, authority.cert);
      expect((await program.run(['tags', `${tls.host}/app`, '-q', '--ca-file', file])).stdout).toBe('1.0\n');
      expect((await program.run(['tags', `${tls.host}/app`, '-q', '--insecure'])).stdout).toBe('1.0\n');
      expect(await program.run(['tags', `${tls.host}/app`, '--insecure', '--ca-file', file])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('exclude each other'),
      });
      expect(await program.run(['tags', `${tls.host}/app`, '--ca-file', '/nonexistent.pem'])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^This machine: /),
      });
    } finally {
      await tls.close();
    }
  });
});

describe('with a registry that misbehaves', () => {
  it('never prints its control characters', async () => {
    await using registry = await startRegistry();
    registry.put('app', buildImage({ config: { Env: ['EVIL=\u001b[2J\u202e'], Labels: { 'a\u001b]0;x\u0007': 'b' } } }), '1.0');
    registry.put('chart', buildHelmChart({ name: 'chart', version: '1.0.0' }), '1.0.0');
    const { stdout } = await program.run(['inspect', `${registry.host}/app:1.0`]);
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout).toContain('EVIL=\\x1b[2J\\u202e');
    registry.faults.add(
      { path: '/tags/list' },
      status(200, { name: 'app', tags: ['1.0\u001b[31m', 'ok'] }, { 'content-type': 'application/json' }),
    );
    const listed = await program.run(['tags', `${registry.host}/app`, '--no-details']);
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    expect(`${listed.stdout}${listed.stderr}`).not.toMatch(/\u001b/);
  });

  it('shows what a broken listing had, says so and fails', async () => {
    await using registry = await startRegistry({ maxPageSize: 2 });
    registry.put('app', buildImage(), '1.0', '2.0', '3.0', '4.0');
    registry.faults.add({ path: '/tags/list', skip: 1, times: Number.POSITIVE_INFINITY }, status(403));
    const { code, stdout, stderr } = await program.run(['tags', `${registry.host}/app`, '--no-details', '-q']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '2.0\n1.0\n' });
    expect(stderr).toMatch(/^Registry: The list is not whole: [\s\S]*\nNext: /);
  });

  it('says who limits it, and when it may go on', async () => {
    await using registry = await startRegistry();
    registry.put('app', buildImage(), '1.0');
    registry.faults.add({ path: '/tags/list', times: Number.POSITIVE_INFINITY }, tooManyRequests(3600));
    const { code, stderr } = await program.run(['tags', `${registry.host}/app`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Registry: .*\nNext: /);
  });

  it('fails in words when nothing listens', async () => {
    const { code, stderr } = await program.run(['tags', '127.0.0.1:1/app']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Registry: .*127\.0\.0\.1:1.*\nNext: /);
  });
});

describe('as a good citizen of the shell', () => {
  it('ends quietly when nobody reads on', async () => {
    await using registry = await startRegistry();
    const image = buildImage();
    registry.put('many', image, ...Array.from({ length: 20_000 }, (_, index) => `release-${index}`));
    const { code, stdout, stderr } = await program.shell(`$TAGBOAT tags ${registry.host}/many --all -q | head -n 1`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('release-0\n');
  });

  it('ends requests and itself on Ctrl-C', async () => {
    await using registry = await startRegistry();
    registry.faults.add({ path: '/tags/list' }, silence());
    const child = program.start(['tags', `${registry.host}/app`]);
    let printed = '';
    child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    while (!registry.requests.some((entry) => entry.path.includes('/tags/list'))) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect({ code, printed }).toEqual({ code: 130, printed: '' });
  });

  it.each([
    [['tags', 'http://localhost/app'], 'This is a URL'],
    [['tags', 'localhost:5000/app:1.0', '--no-hub'], 'names one of them'],
    [['tags', 'localhost:5000/App', '--no-hub'], 'lower case'],
    [['repos', 'shop'], 'is not a host'],
    [['tags', 'localhost:5000/app', '--password-stdin'], '--password-stdin needs --username'],
    [['tags', 'localhost:5000/app', '--plain-http', '--hub', 'http://127.0.0.1:1'], '--hub excludes'],
  ])('%j is refused with a hint', async (args, message) => {
    const { code, stderr } = await program.run(args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
    expect(stderr).toContain('\nNext: ');
  });
});
