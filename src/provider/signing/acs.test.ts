import { describe, expect, it } from 'vitest';
import { acs3Headers, acsRoaHeaders, acsRpcParameters } from './acs.ts';

const key = { accessKeyId: 'LTAIEXAMPLE', accessKeySecret: 'ALISECRET' };
const now = Date.UTC(2023, 10, 14, 22, 13, 20);
const roa = {
  key,
  method: 'GET',
  url: new URL('https://cr.cn-hangzhou.aliyuncs.com/tokens'),
  action: 'GetAuthorizationToken',
  version: '2016-06-07',
  now,
  nonce: 'nonce-1',
};
const rpc = { key, method: 'POST', action: 'GetAuthorizationToken', version: '2018-12-01', now, nonce: 'nonce-1' };

describe('acs3Headers', () => {
  it('makes the signature of the vendor’s SDK', () => {
    expect(acs3Headers(roa)).toMatchObject({
      'x-acs-date': '2023-11-14T22:13:20Z',
      authorization:
        'ACS3-HMAC-SHA256 Credential=LTAIEXAMPLE,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=3e078f7a65b4f141c33f7f83afb79e7702e17fd9968a405e1e25f23a381e6f8f',
    });
  });

  it('signs the security token of a temporary key, the content type, and the query in any order', () => {
    const headers = acs3Headers({ ...roa, key: { ...key, securityToken: 'TOKEN' }, contentType: 'application/json', body: '{}' });
    expect(headers).toMatchObject({ 'x-acs-security-token': 'TOKEN', 'x-acs-accesskey-id': 'LTAIEXAMPLE' });
    expect(headers['authorization']).toContain('SignedHeaders=content-type;host;x-acs-accesskey-id;x-acs-action;');
    const at = (query: string) => acs3Headers({ ...roa, url: new URL(query, roa.url) })['authorization'];
    expect(at('?b=2&a=1%202')).toBe(at('?a=1+2&b=2'));
    expect(at('?a=1')).not.toBe(at('?a=2'));
  });
});

describe('acsRpcParameters', () => {
  it('makes the signature of the vendor’s SDK', () => {
    expect(acsRpcParameters({ InstanceId: 'cri-abc123' }, rpc)).toMatchObject({
      Timestamp: '2023-11-14T22:13:20Z',
      Signature: 'jS0dATBViwowvD+5uSQiLDDUyGg=',
    });
  });

  it('signs the security token of a temporary key', () => {
    const signed = acsRpcParameters({}, { ...rpc, key: { ...key, securityToken: 'TOKEN' } });
    expect(signed).toMatchObject({ SecurityToken: 'TOKEN' });
    expect(signed['Signature']).not.toBe(acsRpcParameters({}, rpc)['Signature']);
  });
});

describe('acsRoaHeaders', () => {
  it('makes the signature of the vendor’s SDK', () => {
    expect(acsRoaHeaders(roa)).toMatchObject({
      date: 'Tue, 14 Nov 2023 22:13:20 GMT',
      authorization: 'acs LTAIEXAMPLE:8A4DDK1BRMimpwCpycUBsjVWK+M=',
    });
  });

  it('signs body and query', () => {
    const at = (change: object) => acsRoaHeaders({ ...roa, ...change })['authorization'];
    expect(at({ body: '{}' })).not.toBe(at({}));
    expect(at({ url: new URL('?b=2&a=1', roa.url) })).toBe(at({ url: new URL('?a=1&b=2', roa.url) }));
    expect(at({ url: new URL('?a=1', roa.url) })).not.toBe(at({}));
  });
});
