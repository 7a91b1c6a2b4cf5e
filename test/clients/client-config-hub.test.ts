import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientConfig, CreatedRepository } from '../../src/sdk/index.ts';
import { type FakeHarbor, startHarbor } from '../../src/testing/clouds/index.ts';
import { type Tagboat, tagboat } from '../cli/tagboat.ts';
import { createAuthority } from '../support/certificates.ts';
import { type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';

let hub: HubProcess;
let harbor: FakeHarbor;
let program: Tagboat;
let ca: string;
let env: Record<string, string>;

beforeAll(async () => {
  [hub, program, harbor] = await Promise.all([
    startHubProcess({ entry: 'src/main.ts' }),
    tagboat(),
    startHarbor({ users: { ana: 'secret' }, projectCreators: ['ana'] }),
  ]);
  const admin = await setUpHub(hub);
  env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
  const authority = await createAuthority();
  ca = authority.cert;
  const { cert, key } = await authority.issue({ usage: 'client' });
  await admin.hub.createRegistry({
    name: 'team',
    provider: 'generic',
    url: 'https://127.0.0.1:9/',
    signIn: 'password',
    fields: { username: 'ci', password: 'hunter2-of-the-team' },
    connection: { tls: 'ca', ca, clientCertificate: { cert, key } },
  });
  const fields = { username: 'ana', password: 'secret' };
  await admin.hub.createRegistry({ name: 'harbor', provider: 'harbor', url: harbor.service.origin, fields, connection: { tls: 'plain' } });
});
afterAll(async () => {
  await Promise.all([hub?.stop(), program?.[Symbol.asyncDispose](), harbor?.close()]);
});

it('renders a registry of the hub, by name and by host, and gives no secret away', async () => {
  const byName = await program.json<ClientConfig>(['client-config', 'team', '--for', 'docker'], { env });
  expect(await program.json(['client-config', '127.0.0.1:9', '--for', 'docker'], { env })).toEqual(byName);
  expect(byName.files.map((file) => file.path)).toEqual([
    '/etc/docker/certs.d/127.0.0.1:9/ca.crt',
    '/etc/docker/certs.d/127.0.0.1:9/client.cert',
    '/etc/docker/certs.d/127.0.0.1:9/client.key',
    '~/.docker/config.json',
  ]);
  expect(byName.files[0]?.content.trim()).toBe(ca.trim());
  const text = JSON.stringify(byName);
  expect(text).not.toContain('PRIVATE KEY');
  expect(text).not.toContain('hunter2');
});

it('writes them, below a folder, with those of a home folder in home', async () => {
  const folder = join(program.home, 'tree');
  const { written } = await program.json<ClientConfig & { written: { path: string; outcome: string }[] }>(
    ['client-config', 'team', '--for', 'skopeo', '--output', folder],
    { env },
  );
  expect(written.map((file) => file.outcome)).toEqual(['created', 'created', 'created', 'created']);
  expect(JSON.parse(await readFile(join(folder, 'home/.config/containers/auth.json'), 'utf8'))).toEqual({
    credHelpers: { '127.0.0.1:9': 'tagboat' },
  });
  const again = await program.run(['client-config', 'team', '--for', 'skopeo', '--output', folder], { env });
  expect(again.code).toBe(0);
  expect(again.stdout.match(/\(as it was\)/g)).toHaveLength(4);
});

it('says what is wrong, and where', async () => {
  const missing = await program.run(['client-config', 'nowhere', '--for', 'docker'], { env });
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('has no registry “nowhere”')]);
  const refused = await program.run(['client-config', 'team', '--for', 'docker', '--mirror-of', 'quay.io'], { env });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Docker mirrors Docker Hub')]);
  const direct = await program.run(['client-config', 'x.acme.io', '--for', 'docker', '--mirror-of', 'quay.io', '--no-hub']);
  expect([direct.code, direct.stderr]).toEqual([2, expect.stringContaining('--mirror-of: Docker mirrors Docker Hub')]);
});

it('creates a repository where a push does not', async () => {
  const dry = await program.run(['repos', 'create', 'harbor/shop/api', '--dry-run'], { env });
  expect(dry.stdout).toContain('Would send: POST /api/v1/registries/');
  expect(harbor.projects['shop']).toBeUndefined();
  const created = await program.json<CreatedRepository>(['repos', 'create', 'harbor/shop/api'], { env });
  expect(created).toMatchObject({ registry: 'harbor', name: 'shop/api', outcome: 'created' });
  expect(harbor.projects['shop']).toBeDefined();
  expect((await program.run(['repos', 'create', created.reference], { env })).stdout).toContain('is there already');
  const pushed = await program.run(['repos', 'create', 'team/shop/api'], { env });
  expect([pushed.code, pushed.stderr]).toEqual([1, expect.stringContaining('the first push')]);
  expect((await program.run(['repos', 'create', 'harbor/shop/api:1.0'], { env })).code).toBe(2);
  expect((await program.run(['repos', 'harbor', '--json'], { env })).code).toBe(0);
});
