import { generateKeyPairSync, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isRsaKey, jwtClaims, jwtEnd, signJwt } from './jwt.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

// The key of RFC 7515, appendix A.2, which has exactly 2048 bits.
const rfcKey = {
  kty: 'RSA',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  e: 'AQAB',
};
const rfcToken =
  'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw';

describe('RS256', () => {
  it('signs what the public key verifies, by the algorithm of RFC 7515', () => {
    const [header = '', payload = '', signature = ''] = signJwt(
      { iss: 'a', exp: 1_800_000_000 },
      { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }), keyId: 'k1' },
    ).split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' });
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({ iss: 'a', exp: 1_800_000_000 });
    expect(verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
    const [h = '', p = '', s = ''] = rfcToken.split('.');
    expect(verify('RSA-SHA256', Buffer.from(`${h}.${p}`), { key: rfcKey, format: 'jwk' }, Buffer.from(s, 'base64url'))).toBe(true);
  });

  it('takes PKCS #1 as GitHub gives it', () => {
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' });
    expect(pem).toContain('BEGIN RSA PRIVATE KEY');
    expect(isRsaKey(pem)).toBe(true);
    expect(signJwt({}, { privateKey: pem })).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('refuses other keys and says nothing of them', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const cut = privateKey.export({ type: 'pkcs8', format: 'pem' }).slice(0, 400);
    for (const pem of [ec, cut, '', 'hunter2']) {
      expect(isRsaKey(pem)).toBe(false);
      try {
        signJwt({}, { privateKey: pem });
        expect.unreachable('it was signed');
      } catch (error) {
        expect(inspect(error)).not.toContain(pem.slice(40, 80) || 'BEGIN');
      }
    }
  });
});

describe('reading claims', () => {
  it('tells claims and end', () => {
    expect(jwtClaims(rfcToken)).toEqual({ iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true });
    expect(jwtEnd(rfcToken)).toBe(1_300_819_380_000);
  });

  it.each(['', 'a.b', 'a.b.c', `a.${Buffer.from('[1]').toString('base64url')}.c`, `a.${'x'.repeat(70_000)}.c`])(
    'knows what is none (%#)',
    (text) => {
      expect(jwtClaims(text)).toBeUndefined();
      expect(jwtEnd(text)).toBeUndefined();
    },
  );
});
