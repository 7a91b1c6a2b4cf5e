import { describe, expect, it } from 'vitest';
import type { CredentialRequest, IssuedCredential } from '../sdk/index.ts';
import { HubFailure } from './hub-request.ts';
import { answerKubelet, goDuration, type KubeletRequest, readKubeletRequest } from './kubelet-protocol.ts';

const now = Date.parse('2030-01-01T00:00:00Z');
const hour = 3_600_000;
const inHours = (hours: number) => new Date(now + hours * hour).toISOString();

const issued = (more: Partial<IssuedCredential> = {}): IssuedCredential => ({
  registry: { id: 'reg_1', name: 'prod' },
  server: 'harbor.acme.io',
  hosts: ['harbor.acme.io'],
  prefixes: ['harbor.acme.io'],
  shared: false,
  kind: 'basic',
  username: 'robot',
  secret: 'geheim',
  origin: 'stored',
  scope: { pull: true, push: false, repositories: [], narrowed: false },
  ...more,
});

const narrowed = { pull: true, push: false, repositories: ['shop/api'], narrowed: true } as const;
const image = 'harbor.acme.io/shop/api:1.2';
const request = (more: Partial<KubeletRequest> = {}): KubeletRequest => ({ image, serviceAccountAnnotations: {}, ...more });

const answer = (credential: IssuedCredential | undefined, asked = request()) =>
  answerKubelet(asked, { issue: async () => credential, list: async () => ({}) }, now);

describe('what the kubelet may keep, and for which images', () => {
  it.each<[string, Partial<IssuedCredential>, string, string, string[]]>([
    ['a stored credential', {}, 'Registry', '10m0s', ['harbor.acme.io']],
    ['one that ends in 12 hours', { origin: 'issued', expiresAt: inHours(12) }, 'Registry', '6h0m0s', ['harbor.acme.io']],
    ['one that ends in a year', { expiresAt: inHours(8760) }, 'Registry', '6h0m0s', ['harbor.acme.io']],
    ['one that ended', { origin: 'issued', expiresAt: inHours(-1) }, 'Registry', '0s', ['harbor.acme.io']],
    [
      'a narrowed one for the repository',
      { origin: 'narrowed', scope: { ...narrowed, repositories: ['shop/api'] }, expiresAt: inHours(1) },
      'Image',
      '30m0s',
      ['harbor.acme.io/shop/api'],
    ],
    [
      'a narrowed one of unknown end',
      { origin: 'narrowed', scope: { ...narrowed, repositories: ['shop/api'] } },
      'Image',
      '0s',
      ['harbor.acme.io/shop/api'],
    ],
    [
      'a narrowed one for the whole registry',
      { origin: 'narrowed', scope: { ...narrowed, repositories: [] }, expiresAt: inHours(1) },
      'Registry',
      '30m0s',
      ['harbor.acme.io'],
    ],
    ['one of a part of the host', { prefixes: ['harbor.acme.io/shop'] }, 'Image', '10m0s', ['harbor.acme.io/shop']],
    ['one of a host that others share', { shared: true }, 'Image', '10m0s', ['harbor.acme.io']],
    ['one of the service account', { origin: 'workload', expiresAt: inHours(1) }, 'Image', '30m0s', ['harbor.acme.io']],
  ])('%s', async (_name, credential, cacheKeyType, cacheDuration, keys) => {
    const { auth, ...rest } = await answer(issued(credential));
    expect(rest).toMatchObject({ cacheKeyType, cacheDuration });
    expect(auth).toEqual(Object.fromEntries(keys.map((key) => [key, { username: 'robot', password: 'geheim' }])));
  });

  it('nothing where no sign-in is needed, or no registry is meant', async () => {
    expect(await answer(issued({ kind: 'anonymous', username: undefined, secret: undefined }))).toMatchObject({
      auth: {},
      cacheDuration: '10m0s',
    });
    expect(await answer(undefined)).toMatchObject({ auth: {}, cacheDuration: '0s' });
  });

  it('user and password only: an identity token goes with the user that makes it a password', async () => {
    const user = '00000000-0000-0000-0000-000000000000';
    expect((await answer(issued({ kind: 'identity', username: user }))).auth).toEqual({
      'harbor.acme.io': { username: user, password: 'geheim' },
    });
    await expect(answer(issued({ kind: 'identity', username: undefined }))).rejects.toThrow(/identity token/);
  });

  it('is written as Go reads it', () => {
    expect([0, 999, 1000, 61_500, hour + 1000, 25 * hour].map(goDuration)).toEqual(['0s', '0s', '1s', '1m1s', '1h0m1s', '25h0m0s']);
  });
});

describe('what the hub is asked', () => {
  const asked = async (given: KubeletRequest, issue?: (demand: CredentialRequest) => IssuedCredential | undefined) => {
    const demands: CredentialRequest[] = [];
    const take = async (demand: CredentialRequest) => {
      demands.push(demand);
      return issue ? issue(demand) : issued();
    };
    const response = await answerKubelet(given, { issue: take, list: async () => ({}) }, now);
    return { demands, response };
  };

  it('for pulling the image, in the name of its service account', async () => {
    expect((await asked(request())).demands).toEqual([{ reference: image, push: false, purpose: 'kubelet' }]);
    const annotations = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/x' };
    const { demands } = await asked(request({ serviceAccountToken: 'jwt', serviceAccountAnnotations: annotations }));
    expect(demands[0]?.workload).toEqual({ token: 'jwt', annotations });
  });

  it('for the registry that an annotation names, where the image is of it', async () => {
    const named = request({ serviceAccountAnnotations: { 'tagboat.dev/registry': 'prod' } });
    const { demands, response } = await asked(named);
    expect(demands).toMatchObject([{ registry: 'prod', reference: image }]);
    expect(response.cacheKeyType).toBe('Image');
    const other = await asked(named, (demand) => {
      if (demand.registry !== undefined) throw new HubFailure('not of this registry', 'conflict');
      return issued();
    });
    expect(other.demands.map(({ registry }) => registry)).toEqual(['prod', undefined]);
    await expect(asked(named, () => undefined)).rejects.toThrow(/no registry “prod”/);
  });
});

describe('requests', () => {
  it('are read whole', () => {
    const text = JSON.stringify({
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      kind: 'CredentialProviderRequest',
      image,
      serviceAccountToken: 'jwt',
      serviceAccountAnnotations: { a: 'b', odd: 1 },
    });
    expect(readKubeletRequest(text)).toEqual({ image, serviceAccountToken: 'jwt', serviceAccountAnnotations: { a: 'b' } });
  });
});
