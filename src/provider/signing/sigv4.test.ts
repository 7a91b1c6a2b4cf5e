import { describe, expect, it } from 'vitest';
import { type SigV4Request, sigv4Headers } from './sigv4.ts';

const request: SigV4Request = {
  method: 'POST',
  url: new URL('https://api.ecr.us-west-2.amazonaws.com/'),
  headers: {
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  },
  body: '{}',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-west-2',
  service: 'ecr',
  now: Date.UTC(2023, 10, 14, 22, 13, 20),
};

describe('sigv4Headers', () => {
  it('makes the signature of the vendor’s SDK', () => {
    expect(sigv4Headers(request)).toEqual({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      'x-amz-date': '20231114T221320Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-west-2/ecr/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=ddaaf647308ff66d9880a837283a3738597a75a53a7b737d70fcbc4a0d74de4b',
    });
  });

  it('makes it with the hash of the body signed as well', () => {
    const hash = { 'x-amz-content-sha256': '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' };
    expect(sigv4Headers({ ...request, headers: { ...request.headers, ...hash } })['authorization']).toContain(
      'Signature=2376677526179b318b9b6dfa0b8d5cbc87c21c095d5ae3e41b5bb8844ee588c0',
    );
  });

  it('signs and sends the session token of temporary keys', () => {
    const headers = sigv4Headers({ ...request, sessionToken: 'a+token/==' });
    expect(headers['x-amz-security-token']).toBe('a+token/==');
    expect(headers['authorization']).toContain('SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,');
  });

  it.each([
    ['body', { body: '{"maxResults":1}' }],
    ['host', { url: new URL('https://api.ecr.us-west-2.amazonaws.com:8443/') }],
    ['path', { url: new URL('https://api.ecr.us-west-2.amazonaws.com/x') }],
    ['time', { now: request.now + 1000 }],
    ['region', { region: 'us-east-1' }],
    ['service', { service: 'ecr-public' }],
    ['key', { secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ' }],
  ])('signs the %s', (_, change) => {
    expect(sigv4Headers({ ...request, ...change })['authorization']).not.toBe(sigv4Headers(request)['authorization']);
  });
});
