import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { startAlibaba, startHuawei, startTencent } from './index.ts';

const clock = new FakeClock(Date.UTC(2023, 10, 14, 22, 13, 20));
const closers: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((each) => each.close()));
});

function keep<T extends { close(): Promise<void> }>(cloud: T): T {
  closers.push(cloud);
  return cloud;
}

/** Sends to a fake as to the vendor: under the vendor's host, which is signed. */
async function send(
  origin: string,
  path: string,
  options: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: string },
): Promise<string> {
  return (await request(new URL(path, origin), options)).body.text();
}

/** One character changed, of the same kind. */
const spoilt = (text: string) => text.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));

describe('the fake clouds, given requests that the vendors’ SDKs signed', () => {
  it('Tencent takes its own, and none with another body, time or signature', async () => {
    const { api } = keep(
      await startTencent({
        clock,
        keys: { AKIDEXAMPLE: { secretKey: 'SECRETEXAMPLE' } },
        instances: { 'tcr-12345678': { name: 'acme', region: 'ap-guangzhou', domain: '' } },
      }),
    );
    const headers = {
      host: 'tcr.tencentcloudapi.com',
      'content-type': 'application/json',
      'x-tc-action': 'CreateInstanceToken',
      'x-tc-version': '2019-09-24',
      'x-tc-region': 'ap-guangzhou',
      'x-tc-timestamp': '1700000000',
      authorization:
        'TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2023-11-14/tcr/tc3_request, SignedHeaders=content-type;host, Signature=9fd9a86471ebd02629d594c78ea49d96766c10e076a5f348ff7dbf8edc91db96',
    };
    const body = '{"RegistryId":"tcr-12345678","TokenType":"temp"}';
    const post = (change: object = {}, text = body) =>
      send(api.origin, '/', { method: 'POST', headers: { ...headers, ...change }, body: text });
    expect(await post()).toContain('"Token"');
    expect(await post({}, `${body} `)).toContain('AuthFailure.SignatureFailure');
    expect(await post({ host: 'tcr.evil.example' })).toContain('AuthFailure.SignatureFailure');
    expect(await post({ authorization: spoilt(headers.authorization) })).toContain('AuthFailure.SignatureFailure');
    expect(await post({ 'x-tc-timestamp': '1700000301' })).toContain('AuthFailure.SignatureExpire');
  });

  it('Huawei takes its own, and none with another query, time or signature', async () => {
    const { api } = keep(await startHuawei({ clock, keys: { AKEXAMPLE00000000000: 'SKEXAMPLESECRETKEY0000000000000000000000' } }));
    const headers = {
      host: 'swr-api.cn-north-4.myhuaweicloud.com',
      'content-type': 'application/json',
      'x-sdk-date': '20231114T221320Z',
      authorization:
        'SDK-HMAC-SHA256 Access=AKEXAMPLE00000000000, SignedHeaders=content-type;host;x-sdk-date, Signature=562bd3d170779fa1ac8e4aaafdd7a8aebcd75e95406c508f25543c9444425a28',
    };
    const post = (change: object = {}, path = '/v2/manage/utils/secret?projectname=cn-north-4') =>
      send(api.origin, path, { method: 'POST', headers: { ...headers, ...change } });
    expect(await post()).toContain('"auths"');
    expect(await post({}, '/v2/manage/utils/secret?projectname=cn-north-5')).toContain('verify aksk signature fail');
    expect(await post({ authorization: spoilt(headers.authorization) })).toContain('verify aksk signature fail');
    expect(await post({ 'x-sdk-date': '20231114T224320Z' })).toContain('x-sdk-date');
  });

  it('Alibaba takes its own of ACS3 once, and none with another action or signature', async () => {
    const { api } = keep(await startAlibaba({ clock, keys: { LTAIEXAMPLE: { accessKeySecret: 'ALISECRET' } } }));
    const headers = {
      host: 'cr.cn-hangzhou.aliyuncs.com',
      'x-acs-version': '2016-06-07',
      'x-acs-action': 'GetAuthorizationToken',
      'x-acs-date': '2023-11-14T22:13:20Z',
      'x-acs-signature-nonce': 'nonce-1',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      authorization:
        'ACS3-HMAC-SHA256 Credential=LTAIEXAMPLE,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=3e078f7a65b4f141c33f7f83afb79e7702e17fd9968a405e1e25f23a381e6f8f',
    };
    const get = (change: object = {}, path = '/tokens') => send(api.origin, path, { method: 'GET', headers: { ...headers, ...change } });
    expect(await get()).toContain('"authorizationToken"');
    expect(await get()).toContain('SignatureNonceUsed');
    expect(await get({ 'x-acs-signature-nonce': 'nonce-2' })).toContain('SignatureDoesNotMatch');
    expect(await get({ 'x-acs-signature-nonce': 'nonce-3', 'x-acs-security-token': 'unsigned' })).toMatch(
      /InvalidSecurityToken|IncompleteSignature/,
    );
    expect(await get({ 'x-acs-date': '2023-11-14T21:13:20Z' })).toContain('InvalidTimeStamp.Expired');
  });

  it('Alibaba takes its own of the older kinds', async () => {
    const { api } = keep(
      await startAlibaba({ clock, keys: { LTAIEXAMPLE: { accessKeySecret: 'ALISECRET' } }, instances: { 'cri-abc123': 'acme' } }),
    );
    const roa = {
      accept: 'application/json',
      date: 'Tue, 14 Nov 2023 22:13:20 GMT',
      'x-acs-action': 'GetAuthorizationToken',
      'x-acs-signature-method': 'HMAC-SHA1',
      'x-acs-signature-nonce': 'nonce-1',
      'x-acs-signature-version': '1.0',
      'x-acs-version': '2016-06-07',
      authorization: 'acs LTAIEXAMPLE:8A4DDK1BRMimpwCpycUBsjVWK+M=',
    };
    expect(await send(api.origin, '/tokens', { method: 'GET', headers: roa })).toContain('"authorizationToken"');
    const rpc = {
      Action: 'GetAuthorizationToken',
      Version: '2018-12-01',
      Format: 'json',
      InstanceId: 'cri-abc123',
      AccessKeyId: 'LTAIEXAMPLE',
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      SignatureNonce: 'nonce-1',
      Timestamp: '2023-11-14T22:13:20Z',
      Signature: 'jS0dATBViwowvD+5uSQiLDDUyGg=',
    };
    const post = async (change: object = {}) => {
      const fresh = keep(
        await startAlibaba({ clock, keys: { LTAIEXAMPLE: { accessKeySecret: 'ALISECRET' } }, instances: { 'cri-abc123': 'acme' } }),
      );
      return send(fresh.api.origin, '/', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...rpc, ...change }).toString(),
      });
    };
    expect(await post()).toContain('"AuthorizationToken"');
    expect(await post({ InstanceId: 'cri-abc124' })).toContain('SignatureDoesNotMatch');
  });
});
