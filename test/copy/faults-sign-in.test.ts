import { describe, expect, it } from 'vitest';
import type { FaultMatch } from '../../src/testing/index.ts';
import { faultWorld, layerPath, uploadPath } from './faults-world.ts';

const beginning: FaultMatch = { method: 'POST', path: /uploads/ };
const closing: FaultMatch = { method: 'PUT', path: uploadPath };
const tagging: FaultMatch = { method: 'PUT', path: '/manifests/1' };

describe('a sign-in that ends in the middle', () => {
  const users = { ci: 'secret' };
  const auth = () => ({ kind: 'token' as const, users: { ...users } });
  const credential = { kind: 'basic' as const, username: 'ci', password: 'secret' };

  it.each<[string, 'from' | 'to', FaultMatch, number | undefined]>([
    ['before a blob is read', 'from', { method: 'GET', path: layerPath }, undefined],
    ['before a manifest is read', 'from', { method: 'GET', path: '/manifests/' }, undefined],
    ['before an upload begins', 'to', beginning, undefined],
    ['before the closing PUT', 'to', closing, undefined],
    ['between chunks', 'to', { method: 'PATCH', path: uploadPath, skip: 2 }, 64_000],
    ['before the tag is set', 'to', tagging, undefined],
  ])('%s is renewed', async (_when, side, match, chunkSize) => {
    await using world = await faultWorld({ from: { auth: auth() }, to: { auth: auth() }, credential, ...(chunkSize && { chunkSize }) });
    // The token that was used until now ends: this request is refused with a challenge, as all that follow with that token.
    const ended = new Set<string>();
    const registry = world[side];
    const fault = registry.faults.add(match, {
      change: (_reply, { headers }) => {
        const token = (headers.authorization ?? '').replace('Bearer ', '');
        ended.add(token);
        registry.auth.revoke(token);
        const scope = side === 'from' ? 'repository:shop/api:pull' : 'repository:prod/api:pull,push';
        const challenge = `Bearer realm="${registry.auth.realm}",service="tagboat-testing",scope="${scope}",error="invalid_token"`;
        return {
          status: 401,
          headers: { 'www-authenticate': challenge, 'content-type': 'application/json' },
          body: Buffer.from('{"errors":[{"code":"UNAUTHORIZED"}]}'),
        };
      },
    });
    await world.copy({ parallel: 1 });
    expect(fault.struck).toBe(1);
    expect(await world.holdsNew('registry')).toBe(true);
    const used = registry.requests
      .filter((entry) => entry.server === 'registry' && entry.status !== 401)
      .map(({ headers }) => headers.authorization);
    expect(used.at(-1)).not.toContain([...ended][0]);
  });

  it('between a download that broke and its continuation is renewed too', async () => {
    await using world = await faultWorld({ from: { auth: auth() }, credential });
    world.from.faults.add(
      { method: 'GET', path: layerPath },
      {
        cutAnswer: { at: 100_000, how: 'reset' },
        change: (reply, { headers }) => {
          world.from.auth.revoke((headers.authorization ?? '').replace('Bearer ', ''));
          return reply;
        },
      },
    );
    await world.copy({ parallel: 1 });
    expect(await world.holdsNew('registry')).toBe(true);
    const statuses = world.from.requests.filter(({ path }) => path.includes(layerPath)).map((request) => request.status);
    expect(statuses).toEqual([200, 401, 206]);
  });

  it.each(['from', 'to'] as const)('and is not renewed, because the password is another one on side %s', async (side) => {
    await using world = await faultWorld({ from: { auth: auth() }, to: { auth: auth() }, credential });
    const registry = world[side];
    const change = side === 'from' ? { method: 'GET', path: layerPath } : beginning;
    registry.faults.add(change, {
      change: (reply, { headers }) => {
        registry.auth.revoke((headers.authorization ?? '').replace('Bearer ', ''));
        registry.auth.setPassword('ci', 'changed');
        const challenge = `Bearer realm="${registry.auth.realm}",service="tagboat-testing",scope="repository:x:pull",error="invalid_token"`;
        return { ...reply, status: 401, headers: { 'www-authenticate': challenge }, body: Buffer.alloc(0) };
      },
    });
    expect(
      await world.failsAs(
        'registry',
        {
          side: side === 'from' ? 'source' : 'destination',
          code: 'credential_refused',
          piece: 'sha256:',
          next: /Sign in again/,
        },
        { parallel: 1 },
      ),
    ).toBe(true);
  });
});
