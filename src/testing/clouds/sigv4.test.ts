import { describe, expect, it } from 'vitest';
import { signatureOf, verify } from './sigv4.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const scope = { amzDate: '20231114T221320Z', region: 'us-west-2', service: 'ecr' };
const headers: Record<string, string> = {
  'content-type': 'application/x-amz-json-1.1',
  host: 'api.ecr.us-west-2.amazonaws.com',
  'x-amz-date': scope.amzDate,
  'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
};
const request = { method: 'POST', path: '/', query: '', headers, body: '{}' };
const signature = 'ddaaf647308ff66d9880a837283a3738597a75a53a7b737d70fcbc4a0d74de4b';
const now = Date.UTC(2023, 10, 14, 22, 13, 20);

describe('Signature Version 4', () => {
  it('agrees with the vector that the AWS SDK made', () => {
    expect(signatureOf(request, ['content-type', 'host', 'x-amz-date', 'x-amz-target'], scope, secret)).toBe(signature);
  });

  it('agrees with the vector that signs the hash of the body as well', () => {
    const withHash = { ...headers, 'x-amz-content-sha256': '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' };
    const names = ['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-target'];
    expect(signatureOf({ ...request, headers: withHash }, names, scope, secret)).toBe(
      '2376677526179b318b9b6dfa0b8d5cbc87c21c095d5ae3e41b5bb8844ee588c0',
    );
  });

  const call = (change: Record<string, string> = {}, body = '{}') => ({
    method: 'POST',
    target: '/',
    url: new URL('http://127.0.0.1/'),
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-west-2/ecr/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${signature}`,
      ...change,
    },
    body,
  });
  const expected = { service: 'ecr', region: 'us-west-2', now, keyOf: () => ({ secretAccessKey: secret }) };

  it('accepts the signed request', () => {
    expect(verify(call(), expected)).toBe('AKIDEXAMPLE');
  });

  it.each([
    ['a changed body', call({}, '{"registryIds":[]}'), {}, /does not match/],
    ['a changed signed header', call({ 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DeleteRepository' }), {}, /does not match/],
    ['an x-amz header that is not signed', call({ 'x-amz-security-token': 'x' }), {}, /must be a 'SignedHeader'/],
    ['another secret', call(), { keyOf: () => ({ secretAccessKey: 'other' }) }, /does not match/],
    ['an unknown key', call(), { keyOf: () => undefined }, /security token included in the request is invalid/],
    ['a temporary key without its token', call(), { keyOf: () => ({ secretAccessKey: secret, sessionToken: 't' }) }, /is invalid/],
    ['a temporary key past its end', call(), { keyOf: () => ({ secretAccessKey: secret, expiresAt: now }) }, /is expired/],
    ['a signature of six minutes ago', call(), { now: now + 360_000 }, /Signature expired/],
    ['a signature of the future', call(), { now: now - 360_000 }, /not yet current/],
    ['another region', call(), { region: 'us-east-1' }, /valid region/],
    ['no signature', call({ authorization: '' }), {}, /Missing Authentication Token/],
  ])('refuses %s', (_what, request, change, message) => {
    expect(() => verify(request, { ...expected, ...change })).toThrow(message);
  });
});
