import { describe, expect, it } from 'vitest';
import { TransportError } from '../core/errors.ts';
import type { Credential } from '../oci/credential.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { CredentialBroker } from './broker.ts';
import type { IssuedCredential, KeptCredential } from './issued.ts';

const hour = 3_600_000;
const minute = 60_000;
const passwordOf = (credential: Credential) => (credential.kind === 'basic' ? credential.password : undefined);
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A place that several brokers share, as hubs on one database do. */
function shared() {
  const place: { issued?: IssuedCredential; failures: string[] } = { failures: [] };
  const keep: KeptCredential = {
    load: async () => place.issued,
    save: async (issued) => void (place.issued = issued),
    failed: async (error) => void place.failures.push(error.code),
  };
  return { place, keep };
}

function issuer(clock: FakeClock) {
  let issued = 0;
  let isDown = false;
  const issue = async (): Promise<Credential> => {
    if (isDown) throw new TransportError('The issuer is down.', { code: 'connection_refused' });
    issued += 1;
    return { kind: 'basic', username: 'AWS', password: `token-${issued}`, expiresAt: clock.now() + 12 * hour };
  };
  return { issue, issued: () => issued, down: (is: boolean) => void (isDown = is) };
}

describe('a broker whose credentials are kept elsewhere too', () => {
  it('reuses after a restart what was issued before', async () => {
    const clock = new FakeClock();
    const { keep } = shared();
    const { issue, issued } = issuer(clock);
    await new CredentialBroker({ clock }).get('reg_1@a', issue, { keep });
    await clock.advance(hour);
    const restarted = new CredentialBroker({ clock });
    const all = await Promise.all(Array.from({ length: 100 }, () => restarted.get('reg_1@a', issue, { keep })));
    expect(new Set(all.map(passwordOf))).toEqual(new Set(['token-1']));
    expect(issued()).toBe(1);
    expect(all[0]?.expiresAt).toBe(clock.now() + 11 * hour);
  });

  it('asks the issuer when what is kept has ended', async () => {
    const clock = new FakeClock();
    const { keep } = shared();
    const { issue, issued } = issuer(clock);
    await new CredentialBroker({ clock }).get('reg_1@a', issue, { keep });
    await clock.advance(12 * hour);
    expect(passwordOf(await new CredentialBroker({ clock }).get('reg_1@a', issue, { keep }))).toBe('token-2');
    expect(issued()).toBe(2);
  });

  it('takes over what another hub renewed meanwhile, but not when a person asks for a new one', async () => {
    const clock = new FakeClock();
    const { keep } = shared();
    const { issue, issued } = issuer(clock);
    const [one, other] = [new CredentialBroker({ clock, random: () => 0 }), new CredentialBroker({ clock, random: () => 0 })];
    await one.get('reg_1@a', issue, { keep });
    await other.get('reg_1@a', issue, { keep });
    await clock.advance(6 * hour);
    expect(passwordOf(await one.get('reg_1@a', issue, { keep, ahead: true }))).toBe('token-2');
    expect(passwordOf(await other.get('reg_1@a', issue, { keep, ahead: true }))).toBe('token-2');
    expect(issued()).toBe(2);
    expect(passwordOf(await other.get('reg_1@a', issue, { keep, fresh: true }))).toBe('token-3');
  });

  it('serves every request while the issuer is down for ten minutes when it is due, and tells of each failure', async () => {
    const clock = new FakeClock();
    const { keep, place } = shared();
    const { issue, issued, down } = issuer(clock);
    const broker = new CredentialBroker({ clock, random: () => 0.5 });
    await broker.get('reg_1@a', issue, { keep });
    await clock.advance(6 * hour + minute);
    down(true);
    for (let second = 0; second < 600; second += 5) {
      expect(passwordOf(await broker.get('reg_1@a', issue, { keep }))).toBe('token-1');
      await settle();
      await clock.advance(5000);
    }
    expect(place.failures.length).toBeGreaterThan(5);
    expect(place.failures.length).toBeLessThan(20);
    await expect(broker.get('reg_1@a', issue, { keep, ahead: true })).rejects.toMatchObject({ code: 'connection_refused' });
    down(false);
    await clock.advance(minute);
    expect(passwordOf(await broker.get('reg_1@a', issue, { keep, ahead: true }))).toBe('token-2');
    expect(issued()).toBe(2);
  });

  it('keeps nothing of an issue that an edit overtook', async () => {
    const clock = new FakeClock();
    const { keep, place } = shared();
    const broker = new CredentialBroker({ clock });
    const arrival = Promise.withResolvers<Credential>();
    const waiting = broker.get('reg_1@a', () => arrival.promise, { keep });
    await settle();
    broker.drop('reg_1');
    arrival.resolve({ kind: 'basic', username: 'AWS', password: 'old', expiresAt: clock.now() + hour });
    await expect(waiting).rejects.toMatchObject({ code: 'canceled' });
    await settle();
    expect(place.issued).toBeUndefined();
    expect(place.failures).toEqual([]);
  });

  it('drops what was made of a credential with it', async () => {
    const clock = new FakeClock();
    const broker = new CredentialBroker({ clock });
    const { issue, issued } = issuer(clock);
    await broker.get('reg_1@a/pull:app', issue);
    await broker.get('reg_10@a', issue);
    broker.drop('reg_1@a');
    expect(broker.status('reg_1@a/pull:app')).toBeUndefined();
    expect(broker.status('reg_10@a')).toBeDefined();
    await broker.get('reg_1@a/pull:app', issue);
    broker.drop('reg_1');
    await broker.get('reg_1@a/pull:app', issue);
    expect(issued()).toBe(4);
  });
});
