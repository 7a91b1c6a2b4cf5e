import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CredentialRequest, IssuedCredential } from '../sdk/index.ts';
import { runDockerHelper } from './docker-helper.ts';
import { HubFailure } from './hub-request.ts';

const issued = (more: Partial<IssuedCredential> = {}): IssuedCredential => ({
  registry: { id: 'reg_1', name: 'prod' },
  server: 'harbor.acme.io',
  hosts: ['harbor.acme.io'],
  prefixes: ['harbor.acme.io'],
  shared: false,
  kind: 'basic',
  username: 'ci',
  secret: 'geheim',
  origin: 'stored',
  scope: { pull: true, push: false, repositories: [], narrowed: false },
  ...more,
});

async function get(
  answer: (request: CredentialRequest) => IssuedCredential | undefined,
  { env = {}, server = 'harbor.acme.io' }: { env?: Record<string, string>; server?: string } = {},
) {
  const requests: CredentialRequest[] = [];
  const outcome = await runDockerHelper({
    action: 'get',
    stdin: Readable.from([Buffer.from(server)]),
    env,
    version: () => '1.0.0',
    source: async () => ({
      issue: async (request) => {
        requests.push(request);
        return answer(request);
      },
      list: async () => ({}),
    }),
  });
  return { ...outcome, requests };
}

describe('get', () => {
  it('asks for the whole server, for pushing where that is allowed', async () => {
    const { requests } = await get(() => issued());
    expect(requests).toEqual([{ reference: 'harbor.acme.io', repositories: [], push: 'if-allowed', purpose: 'docker credential helper' }]);
    const limited = await get(() => issued(), { env: { TAGBOAT_PULL_ONLY: 'yes', TAGBOAT_PURPOSE: 'nightly build' } });
    expect(limited.requests[0]).toMatchObject({ push: false, purpose: 'nightly build' });
  });

  it('marks an identity token as one', async () => {
    const { stdout } = await get(() => issued({ kind: 'identity', username: 'someone', secret: 'refresh' }));
    expect(JSON.parse(stdout)).toEqual({ ServerURL: 'harbor.acme.io', Username: '<token>', Secret: 'refresh' });
  });

  it('lets clients go on without a sign-in where none is needed', async () => {
    const outcome = await get(() => issued({ kind: 'anonymous', username: undefined, secret: undefined }));
    expect(outcome).toMatchObject({ code: 1, stdout: 'credentials not found in native keychain\n' });
  });

  it('gives one of the registries that it is limited to', async () => {
    const env = { TAGBOAT_REGISTRY: 'other,prod' };
    const { requests, code } = await get(
      ({ registry }) => {
        if (registry === 'other') throw new HubFailure('not of this registry', 'conflict');
        return issued();
      },
      { env },
    );
    expect(requests.map(({ registry }) => registry)).toEqual(['other', 'prod']);
    expect(code).toBe(0);
    expect(await get(() => undefined, { env })).toMatchObject({ code: 1, stdout: 'credentials not found in native keychain\n' });
  });

  it('says on one line what went wrong', async () => {
    const { code, stdout } = await get(() => {
      throw new HubFailure('The hub\nsays \u001b[31mno.');
    });
    expect([code, stdout]).toEqual([1, 'The hub says  [31mno.\n']);
  });
});
