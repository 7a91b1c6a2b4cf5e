import { describe, expect, it } from 'vitest';
import { CredentialError, TransportError } from '../core/errors.ts';
import type { Credential } from '../oci/credential.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { CredentialBroker } from './broker.ts';

const hour = 3_600_000;
const begin = 1_700_000_000_000;

function start() {
  const clock = new FakeClock(begin);
  const broker = new CredentialBroker({ clock, random: () => 0.5 });
  let issued = 0;
  const issue = async (): Promise<Credential> => {
    issued += 1;
    return { kind: 'basic', username: 'AWS', password: `token-${issued}`, expiresAt: clock.now() + 12 * hour };
  };
  return { clock, broker, issue, issued: () => issued };
}

/** Lets what is under way settle. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const passwordOf = (credential: Credential) => (credential.kind === 'basic' ? credential.password : undefined);
const down = () => Promise.reject(new TransportError('The issuer is down.', { code: 'connection_refused' }));

describe('the credential broker', () => {
  it('issues once for all who ask at once, and keeps what it got', async () => {
    const { broker, issue, issued } = start();
    const credentials = await Promise.all(Array.from({ length: 50 }, () => broker.get('reg_1@1', issue)));
    expect(new Set(credentials.map(passwordOf))).toEqual(new Set(['token-1']));
    await broker.get('reg_1@1', issue);
    expect(issued()).toBe(1);
    await broker.get('reg_2@1', issue);
    expect(issued()).toBe(2);
  });

  it('renews ahead at half of its life, without anybody waiting', async () => {
    const { broker, clock, issue, issued } = start();
    await broker.get('key', issue);
    await clock.advance(5.9 * hour);
    await broker.get('key', issue);
    await settle();
    expect(issued()).toBe(1);
    await clock.advance(0.2 * hour);
    expect(passwordOf(await broker.get('key', issue))).toBe('token-1');
    await settle();
    expect(passwordOf(await broker.get('key', issue))).toBe('token-2');
    expect(issued()).toBe(2);
  });

  it('spreads renewals by chance', async () => {
    const refreshAt = async (random: number) => {
      const { clock, issue } = start();
      const broker = new CredentialBroker({ clock, random: () => random });
      let renewed = 0;
      await broker.get('key', issue);
      for (let step = 0; step < 120; step++) {
        await clock.advance(0.1 * hour);
        await broker.get('key', () => {
          renewed = step;
          return issue();
        });
        if (renewed) return step;
      }
      return undefined;
    };
    expect(await refreshAt(0)).toBeLessThan((await refreshAt(0.99)) ?? 0);
  });

  it('keeps the old one while the issuer is down and it is valid, and asks less and less often', async () => {
    const { broker, clock, issue } = start();
    await broker.get('key', issue);
    await clock.advance(7 * hour);
    let asked = 0;
    const failing = () => {
      asked += 1;
      return down();
    };
    for (let second = 0; second < 30; second++) {
      expect(passwordOf(await broker.get('key', failing))).toBe('token-1');
      await settle();
      await clock.advance(1000);
    }
    expect(asked).toBeLessThan(7);
    expect(broker.status('key')).toMatchObject({ kind: 'basic', username: 'AWS', failure: { code: 'connection_refused' } });

    await clock.advance(12 * hour - (clock.now() - begin) - 5000);
    expect(passwordOf(await broker.get('key', failing))).toBe('token-1');
    await clock.advance(6000);
    await expect(broker.get('key', failing)).rejects.toMatchObject({ code: 'connection_refused' });
    await clock.advance(2 * 60_000);
    expect(passwordOf(await broker.get('key', issue))).toBe('token-2');
    expect(broker.status('key')?.failure).toBeUndefined();
  });

  it('does not hammer an issuer that refuses, unless a person asks', async () => {
    const { broker, clock } = start();
    let asked = 0;
    const refuse = async (): Promise<Credential> => {
      asked += 1;
      throw new CredentialError('Wrong password.', { code: 'credential_refused' });
    };
    for (let i = 0; i < 10; i++) await expect(broker.get('key', refuse)).rejects.toMatchObject({ code: 'credential_refused' });
    expect(asked).toBe(1);
    await expect(broker.get('key', refuse, { fresh: true })).rejects.toMatchObject({ code: 'credential_refused' });
    expect(asked).toBe(2);
    await clock.advance(60_000);
    await expect(broker.get('key', refuse)).rejects.toMatchObject({ code: 'credential_refused' });
    expect(asked).toBe(3);
  });

  it('forgets at once what was edited, even while it is being issued', async () => {
    const { broker, issue, issued } = start();
    const arrival = Promise.withResolvers<Credential>();
    let aborted = false;
    const slow = (signal: AbortSignal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return arrival.promise;
    };
    const waiting = broker.get('reg_1@1', slow);
    broker.drop('reg_1');
    await expect(waiting).rejects.toMatchObject({ code: 'canceled' });
    expect(aborted).toBe(true);
    arrival.resolve({ kind: 'basic', username: 'u', password: 'old' });
    await settle();
    expect(broker.status('reg_1@1')).toBeUndefined();
    expect(passwordOf(await broker.get('reg_1@1', issue))).toBe('token-1');
    broker.drop('reg_1@1');
    await broker.get('reg_1@1', issue);
    expect(issued()).toBe(2);
  });

  it('drops the versions of one registry and not of another with a longer name', async () => {
    const { broker, issue, issued } = start();
    await broker.get('reg_1@1', issue);
    await broker.get('reg_12@1', issue);
    broker.drop('reg_1');
    await broker.get('reg_12@1', issue);
    expect(issued()).toBe(2);
  });

  it('ends a flight when the last who waits leaves, and not before', async () => {
    const { broker } = start();
    const first = new AbortController();
    const second = new AbortController();
    let aborted = false;
    const never = (signal: AbortSignal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise<Credential>(() => {});
    };
    const a = broker.get('key', never, { signal: first.signal });
    const b = broker.get('key', never, { signal: second.signal });
    first.abort(new Error('gone'));
    await expect(a).rejects.toThrow('gone');
    expect(aborted).toBe(false);
    second.abort(new Error('gone too'));
    await expect(b).rejects.toThrow('gone too');
    expect(aborted).toBe(true);
  });

  it('does not wait for an issuer for ever', async () => {
    const { broker, clock } = start();
    const waiting = broker.get('key', () => new Promise<Credential>(() => {})).catch((error: unknown) => error);
    await clock.advance(60_000);
    expect(await waiting).toMatchObject({ code: 'credential_unavailable' });
  });

  it('names errors that are none of ours, without their text', async () => {
    const { broker } = start();
    const failure = broker.get('key', () => Promise.reject(new TypeError('secret abc')));
    await expect(failure).rejects.toMatchObject({ code: 'credential_unavailable', message: expect.not.stringContaining('abc') });
  });

  it('shortens the life when told to, and asks again for what has no known end', async () => {
    const { broker, clock, issue, issued } = start();
    const short = await broker.get('key', issue, { expiryOverride: hour });
    expect(short.expiresAt).toBe(clock.now() + hour);
    await clock.advance(hour);
    await broker.get('key', issue, { expiryOverride: hour });
    expect(issued()).toBe(2);

    let asked = 0;
    const endless = async (): Promise<Credential> => {
      asked += 1;
      return { kind: 'bearer', token: 'abc' };
    };
    expect((await broker.get('endless', endless)).expiresAt).toBeUndefined();
    await clock.advance(10 * 60_000);
    await broker.get('endless', endless);
    expect(asked).toBe(2);

    // What a person states of an end that its issuer does not tell is believed: the ten hours of a script's output.
    const stated = await broker.get('stated', endless, { expiryOverride: 10 * hour });
    expect(stated.expiresAt).toBe(clock.now() + 10 * hour);
    await clock.advance(4 * hour);
    await broker.get('stated', endless, { expiryOverride: 10 * hour });
    expect(asked).toBe(3);
  });

  it('a refused sign-in is not tried again under other names below the same key', async () => {
    const { broker, clock } = start();
    let asked = 0;
    const refuse = async (): Promise<Credential> => {
      asked += 1;
      throw new CredentialError('wrong password', { code: 'credential_refused' });
    };
    const ask = (name: string) => broker.get(`reg@1/${name}`, refuse).catch((error: unknown) => error);
    for (const name of ['a', 'b', 'c', 'd']) expect(await ask(name)).toMatchObject({ code: 'credential_refused' });
    expect(asked).toBe(1);
    await clock.advance(1000);
    await ask('e');
    await ask('f');
    expect(asked).toBe(2);
    // Another registry, and the same one after an edit, are not held.
    await broker.get('other@1/a', refuse).catch(() => {});
    broker.drop('reg');
    await broker.get('reg@2/a', refuse).catch(() => {});
    expect(asked).toBe(4);
  });

  it('shows nothing secret', async () => {
    const { broker, clock, issue } = start();
    await broker.get('key', issue);
    expect(broker.status('key')).toEqual({
      kind: 'basic',
      username: 'AWS',
      issuedAt: clock.now(),
      expiresAt: clock.now() + 12 * hour,
      failure: undefined,
    });
    expect(broker.status('nothing')).toBeUndefined();
    broker.close();
    expect(broker.status('key')).toBeUndefined();
  });
});
