import { describe, expect, it } from 'vitest';
import { tc3Authorization } from './tc3.ts';

const request = {
  secretId: 'AKIDEXAMPLE',
  secretKey: 'SECRETEXAMPLE',
  service: 'tcr',
  host: 'tcr.tencentcloudapi.com',
  contentType: 'application/json',
  body: '{"RegistryId":"tcr-12345678","TokenType":"temp"}',
  timestamp: 1_700_000_000,
};

describe('tc3Authorization', () => {
  it('makes the signature of the vendor’s SDK', () => {
    expect(tc3Authorization(request)).toBe(
      'TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2023-11-14/tcr/tc3_request, SignedHeaders=content-type;host, Signature=9fd9a86471ebd02629d594c78ea49d96766c10e076a5f348ff7dbf8edc91db96',
    );
  });

  it.each([
    ['body', { body: '{}' }],
    ['host', { host: 'tcr.intl.tencentcloudapi.com' }],
    ['time', { timestamp: 1_700_000_001 }],
    ['key', { secretKey: 'SECRETEXAMPLF' }],
  ])('signs the %s', (_, change) => {
    expect(tc3Authorization({ ...request, ...change })).not.toBe(tc3Authorization(request));
  });
});
