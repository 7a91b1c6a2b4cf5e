import { describe, expect, it } from 'vitest';
import type { ClientTraits, CredentialSource } from './client-options.ts';
import { RegistryClient } from './registry-client.ts';
import { json, loopbackLookup, serve, TestClock } from './testing/loopback.ts';

const minute = 60_000;

/** A registry that says 403 to every password but the present one, as ECR does of a token that ended; and an issuer of it. */
async function denying() {
  let valid = 'token-1';
  const server = await serve((request, response) => {
    const password = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
      .toString()
      .split(':')[1];
    if (request.headers.authorization === undefined) {
      json(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' });
    } else if (password === valid) json(response, 200, { tags: ['1'] });
    else json(response, 403, { errors: [{ code: 'DENIED', message: 'Your authorization token has expired.' }] });
  });
  const clock = new TestClock();
  let renewals = 0;
  let issuedAt = clock.now();
  let password = 'token-1';
  const credential: CredentialSource = async ({ renew }) => {
    if (renew) {
      renewals += 1;
      await Promise.resolve();
      password = valid;
      issuedAt = clock.now();
    }
    return { kind: 'basic', username: 'AWS', password, issuedAt };
  };
  const traits: ClientTraits = { preemptiveBasic: true };
  const client = new RegistryClient({ url: server.url, lookup: loopbackLookup(), clock, credential, traits });
  return {
    client,
    clock,
    renewals: () => renewals,
    change: (next: string) => {
      valid = next;
    },
    tags: async () => (await Array.fromAsync(client.repository('app').listTags())).flat(),
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('a registry that answers 403 for a credential that ended', () => {
  it('gets a new one, once for all who were denied at the same time', async () => {
    await using registry = await denying();
    expect(await registry.tags()).toEqual(['1']);
    await registry.clock.sleep(12 * 60 * minute);
    registry.change('token-2');
    const answers = await Promise.all(Array.from({ length: 20 }, () => registry.tags()));
    expect(answers.every((tags) => tags[0] === '1')).toBe(true);
    expect(registry.renewals()).toBe(1);
  });

  it('is believed when the credential was issued just now', async () => {
    await using registry = await denying();
    registry.change('nobody knows');
    await expect(registry.tags()).rejects.toMatchObject({ code: 'registry_denied' });
    expect(registry.renewals()).toBe(0);
  });

  it('does not have its issuer asked more than once a minute when it means what it says', async () => {
    await using registry = await denying();
    const client = new RegistryClient({
      url: registry.client.url,
      lookup: loopbackLookup(),
      clock: registry.clock,
      traits: { preemptiveBasic: true },
      credential: async ({ renew }) => {
        if (renew) asked += 1;
        return { kind: 'basic', username: 'AWS', password: 'not allowed' };
      },
    });
    let asked = 0;
    const denied = async () =>
      expect(Array.fromAsync(client.repository('app').listTags())).rejects.toMatchObject({ code: 'registry_denied' });
    for (let i = 0; i < 10; i++) await denied();
    expect(asked).toBe(1);
    await registry.clock.sleep(2 * minute);
    await denied();
    expect(asked).toBe(2);
    await client.close();
  });

  it('is told of as it was said when the issuer cannot be asked either', async () => {
    await using registry = await denying();
    const client = new RegistryClient({
      url: registry.client.url,
      lookup: loopbackLookup(),
      clock: registry.clock,
      traits: { preemptiveBasic: true },
      credential: async ({ renew }) => {
        if (renew) throw new Error('The issuer is down.');
        return { kind: 'basic', username: 'AWS', password: 'ended' };
      },
    });
    await expect(Array.fromAsync(client.repository('app').listTags())).rejects.toMatchObject({ code: 'registry_denied' });
    await client.close();
  });
});
