import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { serve } from '../../../test/doctor/servers.ts';
import { createAuthority } from '../../../test/support/certificates.ts';
import { type FakeKubernetes, startKubernetes } from '../../testing/clouds/kubernetes.ts';
import { CredentialSources } from './sources.ts';

const question = { host: 'registry.acme.io' };
const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') });
let base: string;
let cluster: FakeKubernetes;
let file: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'tagboat-kubernetes-'));
  file = join(base, 'kubeconfig');
  cluster = await startKubernetes();
  cluster.tokens.set('good-token', ['ci', 'team-a']);
  cluster.secrets.set('ci/registry', { password: 's3cret\n', username: 'robot', 'key.json': '{"a":1}' });
  await writeFile(file, kubeconfig({ token: 'good-token' }));
});
afterEach(async () => {
  await cluster.close();
  await rm(base, { recursive: true });
});

function kubeconfig(user: object, clusterEntry: object = { server: cluster.service.origin }): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'main', user: 'hub' } }],
    clusters: [{ name: 'main', cluster: clusterEntry }],
    users: [{ name: 'hub', user }],
  });
}

const sources = (namespaces?: string[]) => new CredentialSources({ kubeconfig: file, env: {}, ...(namespaces && { namespaces }) });
const value = async (reference: string) => (await sources().readValue(reference, question)).reveal();
const failure = (reference: string, from = sources()) =>
  from.readCredential(reference, question).then(
    () => 'was read',
    (error: unknown) => {
      expect(error).toMatchObject({ name: 'CredentialError' });
      const { message } = error as Error;
      expect(message).not.toMatch(/good-token|bad-token|s3cret/);
      return message;
    },
  );

describe('Kubernetes secrets', () => {
  it('are read by field, and as a pair', async () => {
    expect(await value('secret:ci/registry#password')).toBe('s3cret');
    expect(await value('secret:ci/registry#key.json')).toBe('{"a":1}');
    expect(await sources().readCredential('secret:ci/registry', question)).toEqual({
      kind: 'basic',
      username: 'robot',
      password: 's3cret',
    });
    expect(sources().describe('secret:ci/registry#password')).toBe('Kubernetes secret ci/registry#password');
  });

  it('are pull secrets of both types, whose entry is chosen by host and path', async () => {
    const auths = { 'https://registry.acme.io/v2/': auth('all:1'), 'registry.acme.io/team-a': auth('a:2') };
    cluster.secrets.set('ci/pull', { '.dockerconfigjson': JSON.stringify({ auths }) });
    cluster.secrets.set('ci/old', { '.dockercfg': JSON.stringify(auths) });
    for (const name of ['pull', 'old']) {
      expect(await sources().readCredential(`pullsecret:ci/${name}`, question)).toMatchObject({ username: 'all' });
      expect(await sources().readCredential(`pullsecret:ci/${name}`, { host: 'registry.acme.io/team-a/app' })).toMatchObject({
        username: 'a',
      });
      expect((await sources().readValue(`pullsecret:ci/${name}`, question)).reveal()).toBe('1');
    }
  });

  it('are missing, forbidden or no pull secrets in words that help', async () => {
    cluster.secrets.set('ci/junk', { '.dockerconfigjson': 'not json s3cret' });
    cluster.secrets.set('ci/binary', { blob: '\u0000\u0001' });
    expect(await failure('secret:ci/gone#x')).toBe('There is no secret gone in the namespace ci of the cluster. Check both names.');
    expect(await failure('secret:kube-system/root#x')).toMatch(
      /does not let the user hub of the kubeconfig read the secret root in kube-system. Grant it a Role/,
    );
    expect(await failure('secret:ci/registry#gone')).toContain('has no field gone. It has: password, username, key.json');
    expect(await failure('pullsecret:ci/registry')).toContain('is no pull secret');
    expect(await failure('pullsecret:ci/junk')).toContain('does not hold valid JSON');
    expect(await failure('secret:ci/binary#blob')).toContain('is binary');
    cluster.tokens.clear();
    expect(await failure('secret:ci/registry#password')).toContain('does not know the user hub');
    await cluster.close();
    expect(await failure('secret:ci/registry#password')).toMatch(/Kubernetes at 127\.0\.0\.1:\d+ cannot be reached/);
    cluster = await startKubernetes();
  });

  it('are of the namespaces that were allowed only', async () => {
    expect(await failure('secret:ci/registry#password', sources(['team-*']))).toContain('--credential-namespaces team-*,ci');
    expect(cluster.service.calls).toEqual([]);
    expect(await failure('secret:team-a/x#y', sources(['team-*']))).toContain('There is no secret');
  });

  it.each(['secret:ci', 'secret:ci/a/b#c', 'secret:CI/x#y', 'secret:../x#y', 'secret:ci/x#a b', 'pullsecret:ci/x?y', 'secret:ci/..%2fy#z'])(
    '%s is none',
    (reference) => {
      expect(() => sources().check(reference)).toThrow(/is not a Kubernetes secret/);
    },
  );

  it('are read by a token file that is replaced meanwhile', async () => {
    await writeFile(join(base, 'token'), 'bad-token');
    await writeFile(file, kubeconfig({ tokenFile: 'token' }));
    const same = sources();
    expect(await failure('secret:ci/registry#password', same)).toContain('does not know');
    await writeFile(join(base, 'token'), 'good-token\n');
    expect((await same.readValue('secret:ci/registry#password', question)).reveal()).toBe('s3cret');
  });

  it('are read in a pod by its service account, over TLS of the cluster’s own authority', async () => {
    const authority = await createAuthority();
    const data = { password: Buffer.from('s3cret').toString('base64') };
    await using api = await serve(
      ({ headers, url }, response) => {
        const known = headers.authorization === 'Bearer pod-token' && url === '/api/v1/namespaces/ci/secrets/registry';
        response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(known ? { data } : {}));
      },
      await authority.issue({ names: ['127.0.0.1'] }),
    );
    const pod = join(base, 'pod');
    await mkdir(pod);
    const mount = (files: Record<string, string>) =>
      Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(pod, name), text)));
    await mount({ token: 'pod-token', 'ca.crt': authority.cert, namespace: 'tagboat' });
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) };
    const inPod = new CredentialSources({ env, serviceAccount: pod });
    inPod.check('secret:ci/registry#password');
    expect((await inPod.readValue('secret:ci/registry#password', question)).reveal()).toBe('s3cret');
    await mount({ token: 'bad-token' });
    expect(await failure('secret:ci/registry#password', inPod)).toContain('does not know the service account of this hub’s pod in tagboat');
    await mount({ 'ca.crt': (await createAuthority('Another')).cert });
    expect(await failure('secret:ci/registry#password', inPod)).toContain('cannot be reached');
  });
});

describe('a kubeconfig', () => {
  it.each([
    ['exec', { exec: { command: 'aws', args: ['eks', 'get-token'] } }, 'by a program (exec)'],
    ['auth-provider', { 'auth-provider': { name: 'gcp' } }, 'auth-provider'],
    ['name and password', { username: 'x', password: 's3cret' }, 'by name and password'],
    ['nothing', {}, 'neither a token nor a client certificate'],
  ])('whose user signs in by %s is refused', async (_name, user, message) => {
    await writeFile(file, kubeconfig(user));
    expect(await failure('secret:ci/registry#password')).toContain(message);
  });

  it('that is broken is refused without a word of what is in it', async () => {
    const broken = { 'users: [s3cret': 'not valid YAML', 'just text': 'not a kubeconfig', 'a: 1': 'no current-context', '': 'is empty' };
    for (const [text, message] of Object.entries(broken)) {
      await writeFile(file, text);
      expect(await failure('secret:ci/registry#password')).toContain(message);
    }
    await writeFile(file, kubeconfig({ token: 'good-token' }, { server: 'ftp://x' }));
    expect(await failure('secret:ci/registry#password')).toContain('has no address');
    await writeFile(file, kubeconfig({ token: 'good-token' }).replace('name: hub', 'name: other'));
    expect(await failure('secret:ci/registry#password')).toContain('no “hub” among its users');
  });
});
