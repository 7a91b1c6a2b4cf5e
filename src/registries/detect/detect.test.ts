import { beforeAll, describe, expect, it } from 'vitest';
import { json, serve } from '../../../test/doctor/servers.ts';
import { loadProviders, type ProviderSet } from '../../provider/index.ts';
import { detect } from './detect.ts';
import { detectWithProbe } from './probe.ts';

let providers: ProviderSet;
beforeAll(async () => {
  providers = await loadProviders();
});
const found = (text: string) => detect(text, providers);

describe('detect', () => {
  it.each([
    [
      'https://000000000000.dkr.ecr.eu-west-1.amazonaws.com',
      { kind: 'url', provider: 'ecr', certainty: 'host', summary: 'Amazon ECR, eu-west-1, account 000000000000' },
    ],
    [
      '000000000000.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1.2',
      { kind: 'reference', provider: 'ecr', namespace: 'shop', url: 'https://000000000000.dkr.ecr.eu-west-1.amazonaws.com' },
    ],
    ['https://hub.docker.com/u/acme', { kind: 'url', provider: 'dockerhub', namespace: 'acme' }],
    ['alpine:3.20', { kind: 'reference', provider: 'dockerhub' }],
    ['docker pull acme/app@sha256:' + 'a'.repeat(64), { kind: 'reference', provider: 'dockerhub', namespace: 'acme' }],
    [
      'FROM --platform=linux/amd64 registry.test:5000/team/base:1 AS build',
      { kind: 'reference', provider: 'generic', url: 'https://registry.test:5000', namespace: 'team' },
    ],
    ['  image: "registry.test/team/app:1"', { kind: 'reference', url: 'https://registry.test', namespace: 'team' }],
    ['registry.test:5000', { kind: 'url', provider: 'generic', certainty: 'guess', url: 'https://registry.test:5000', name: 'test' }],
    ['http://localhost:5000', { kind: 'url', url: 'http://localhost:5000' }],
    ['[::1]:5000', { kind: 'url', url: 'https://[::1]:5000' }],
    ['http://127.0.0.1:5000', { kind: 'url', name: 'generic-5000' }],
    [
      'nvcr.io/nvidia/cuda:12',
      {
        provider: 'generic',
        certainty: 'host',
        name: 'nvcr-nvidia',
        summary: 'NVIDIA NGC, nvcr.io',
        signIn: 'password',
        fields: { username: '$oauthtoken' },
      },
    ],
    ['mcr.microsoft.com', { provider: 'generic', certainty: 'host', signIn: 'anonymous', summary: expect.stringContaining('Microsoft') }],
    ['registry.k8s.io/pause:3.10', { provider: 'generic', certainty: 'host', name: 'k8s', signIn: 'anonymous' }],
    ['registry.redhat.io', { provider: 'generic', certainty: 'host', name: 'redhat', signIn: 'password' }],
    ['cgr.dev/acme/app', { provider: 'generic', certainty: 'host', summary: 'Chainguard, cgr.dev' }],
    ['nvcr.io.evil.example', { provider: 'generic', certainty: 'guess' }],
  ])('recognises %s', (text, expected) => {
    expect(found(text)).toMatchObject(expected);
  });

  it.each(['', 'two words', '{"json": true}', 'https://', 'user:pw@host', 'x'.repeat(300_000), '<html>'])(
    'does not pretend to know %s',
    (text) => {
      expect(found(text)).toEqual({ kind: 'unknown', fields: {} });
    },
  );
});

describe('detect, docker login', () => {
  it.each([
    ['docker login -u ci -p hunter2 registry.test:5000', 'ci', 'hunter2', 'https://registry.test:5000'],
    ["$ docker login --username=ci --password='it''s: a $ecret' registry.test", 'ci', 'its: a $ecret', 'https://registry.test'],
    ['sudo docker login -uci -phunter2 https://registry.test/v2/', 'ci', 'hunter2', 'https://registry.test'],
    ['docker login registry.test --username "robot$ci" --password \'x\\y\'', 'robot$ci', 'x\\y', 'https://registry.test'],
    ["echo 'hunter2' | docker login -u ci --password-stdin registry.test", 'ci', 'hunter2', 'https://registry.test'],
    ['podman login \\\n  -u ci \\\n  -p "a b" \\\n  registry.test', 'ci', 'a b', 'https://registry.test'],
    ['helm registry login -u ci -p hunter2 registry.test', 'ci', 'hunter2', 'https://registry.test'],
    ['crane auth login registry.test -u ci -p hunter2', 'ci', 'hunter2', 'https://registry.test'],
  ])('reads %s', (text, username, password, url) => {
    expect(found(text)).toMatchObject({
      kind: 'docker-login',
      provider: 'generic',
      signIn: 'password',
      fields: { username, password },
      url,
    });
  });

  it('knows the one username of NVIDIA NGC, however the shell would read it', () => {
    for (const line of ["docker login nvcr.io -u '$oauthtoken' -p nvapi-x", 'docker login nvcr.io -u $oauthtoken -p nvapi-x'])
      expect(found(line)).toMatchObject({ signIn: 'password', fields: { username: '$oauthtoken', password: 'nvapi-x' } });
  });

  it('means Docker Hub where no host is named', () => {
    expect(found('docker login -u acme -p dckr_pat_x')).toMatchObject({ provider: 'dockerhub', fields: { username: 'acme' } });
  });

  it('takes no variable and no output of a program for a password', () => {
    for (const text of [
      'docker login -u ci -p $PASSWORD registry.test',
      'docker login -u ci -p "$(pass show x)" registry.test',
      'cat key.json | docker login -u ci --password-stdin registry.test',
    ]) {
      expect(found(text).fields).toEqual({ username: 'ci' });
    }
    const aws = found(
      'aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin 000000000000.dkr.ecr.eu-west-1.amazonaws.com',
    );
    expect(aws).toMatchObject({ provider: 'ecr', fields: { region: 'eu-west-1' } });
    expect(aws.fields).not.toHaveProperty('username');
  });
});

describe('detect, files', () => {
  const auth = Buffer.from('ci:pass:word').toString('base64');

  it('reads config.json, one entry of it, and a pull secret', () => {
    const config = { auths: { 'quay.test': {}, 'registry.test:5000': { auth } }, credsStore: 'desktop' };
    const expected = { kind: 'docker-config', url: 'https://registry.test:5000', fields: { username: 'ci', password: 'pass:word' } };
    expect(found(JSON.stringify(config))).toMatchObject(expected);
    expect(found(JSON.stringify(config)).summary).toContain('of 2 registries');
    expect(found(JSON.stringify({ 'registry.test:5000': { username: 'ci', password: 'pass:word' } }))).toMatchObject(expected);
    const data = { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') };
    expect(found(JSON.stringify({ kind: 'Secret', data }))).toMatchObject(expected);
    expect(found(`apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: ${data['.dockerconfigjson']}\n`)).toMatchObject(expected);
    expect(found(JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth } } }))).toMatchObject({ provider: 'dockerhub' });
    expect(found(JSON.stringify({ auths: { 'acr.test': { auth, identitytoken: 'refresh' } } }))).toMatchObject({
      signIn: 'identity-token',
      fields: { identityToken: 'refresh' },
    });
  });

  it('reads a Google key, also in the quotes that some forms want', () => {
    const key = JSON.stringify({
      type: 'service_account',
      project_id: 'acme-prod',
      client_email: 'ci@acme-prod.iam.gserviceaccount.com',
      private_key: '-----BEGIN PRIVATE KEY-----',
    });
    for (const text of [key, `'${key}'`, `\n${key}\n`]) {
      const detection = found(text);
      expect(detection).toMatchObject({ kind: 'json-key', namespace: 'acme-prod' });
      expect(detection.summary).toContain('acme-prod');
      expect(Object.values(detection.fields)).toContain(key);
    }
  });

  it('reads both kinds of registries.conf', () => {
    const yaml =
      'registries:\n  - name: GitHub Container Registry\n    api_url: https://ghcr.test\n    prefix: ghcr.test\n    ping: yes\n    credentials: secret:argocd/ghcr#token\n';
    expect(found(yaml)).toMatchObject({ kind: 'url', url: 'https://ghcr.test', name: 'github-container-registry' });
    expect(
      found(
        '[[registry]]\nprefix = "mirror.test/x"\nlocation = "registry.test:5000"\ninsecure = true\n\n[[registry.mirror]]\nlocation = "other.test"\n',
      ),
    ).toMatchObject({
      url: 'https://registry.test:5000',
    });
  });
});

describe('detectWithProbe', () => {
  const signal = new AbortController().signal;

  it('completes by the challenge what the host does not tell', async () => {
    await using harbor = await serve((_request, response) => {
      response.setHeader('www-authenticate', `Bearer realm="http://harbor.test/service/token",service="harbor-registry"`);
      json(response, 401, {});
    });
    const detection = await detectWithProbe(`docker login -u robot -p x http://${harbor.host}`, providers, {}, {}, signal);
    expect(detection).toMatchObject({ provider: 'harbor', certainty: 'challenge', kind: 'docker-login' });
    // Others are made of it, and answer just so.
    expect(detection.summary).toMatch(/^Harbor or Tencent TCR Enterprise behind a domain of one’s own, /);
    expect(Object.values(detection.fields)).toEqual(expect.arrayContaining(['robot', 'x']));
  });

  it('asks nobody when the host tells, and keeps its guess when nobody answers', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await detectWithProbe('docker.io', providers, {}, { lookup }, signal)).toMatchObject({
      provider: 'dockerhub',
      certainty: 'host',
    });
    expect(await detectWithProbe('nowhere.test', providers, {}, { lookup }, signal)).toMatchObject({
      provider: 'generic',
      certainty: 'guess',
    });
  });
});
