import { describe, expect, it } from 'vitest';
import { hashPassword, parsePassword, verifyPassword } from './passwords.ts';

describe('passwords', () => {
  it('hashes with salt, as a PHC string with the parameters of today', async () => {
    const stored = await hashPassword('a good pass phrase');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hashPassword('a good pass phrase')).not.toBe(stored);
    expect(await verifyPassword(stored, 'a good pass phrase')).toEqual({ ok: true, outdated: false });
    expect(await verifyPassword(stored, 'a good pass phrasf')).toEqual({ ok: false, outdated: false });
  });

  it('verifies what the reference implementation hashed, and calls other parameters outdated', async () => {
    // test.c of phc-winner-argon2: Argon2id, t=2, m=2^16, p=1, "password", "somesalt".
    const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await verifyPassword(stored, 'password')).toEqual({ ok: true, outdated: true });
    expect(await verifyPassword(stored, 'Password')).toEqual({ ok: false, outdated: false });
  });

  it('takes composed and decomposed characters for the same', async () => {
    expect((await verifyPassword(await hashPassword('caf\u00e9 au lait'), 'cafe\u0301 au lait')).ok).toBe(true);
  });

  it('refuses a stored text that is no hash', async () => {
    await expect(verifyPassword('plain', 'plain')).rejects.toThrow(TypeError);
  });

  it('answers many at once', async () => {
    const stored = await hashPassword('a good pass phrase');
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => verifyPassword(stored, i % 2 ? 'a good pass phrase' : 'no')));
    expect(answers.map(({ ok }) => ok)).toEqual([false, true, false, true, false, true]);
  });

  it.each(['', 'short', 'aaaaaaaaaaaaaaaa', 'x y z '.repeat(50), 'Administrator'])('refuses %j as a new one', (password) => {
    expect(() => parsePassword(password, 'administrator')).toThrow(expect.objectContaining({ code: 'invalid_settings' }));
  });
});
