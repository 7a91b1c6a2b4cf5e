import { describe, expect, it } from 'vitest';
import { sdkHmacHeaders, swrLoginKey } from './sdk-hmac.ts';

const accessKey = 'AKEXAMPLE00000000000';
const secretKey = 'SKEXAMPLESECRETKEY0000000000000000000000';
const request = {
  accessKey,
  secretKey,
  method: 'POST',
  url: new URL('https://swr-api.cn-north-4.myhuaweicloud.com/v2/manage/utils/secret?projectname=cn-north-4'),
  contentType: 'application/json',
  now: Date.UTC(2023, 10, 14, 22, 13, 20),
};

describe('sdkHmacHeaders', () => {
  it('makes the signature of the vendor’s SDK', () => {
    expect(sdkHmacHeaders(request)).toEqual({
      'content-type': 'application/json',
      'x-sdk-date': '20231114T221320Z',
      authorization:
        'SDK-HMAC-SHA256 Access=AKEXAMPLE00000000000, SignedHeaders=content-type;host;x-sdk-date, Signature=562bd3d170779fa1ac8e4aaafdd7a8aebcd75e95406c508f25543c9444425a28',
    });
  });

  it('signs the query in any order, and the path with or without its last slash, alike', () => {
    const at = (path: string) => sdkHmacHeaders({ ...request, url: new URL(path, request.url) })['authorization'];
    expect(at('/a?y=2&x=1')).toBe(at('/a/?x=1&y=2'));
    expect(at('/a?x=1')).not.toBe(at('/a?x=2'));
    expect(at('/namespaces/o/repos/a$b/tags')).toBe(at('/namespaces/o/repos/a%24b/tags'));
  });
});

describe('swrLoginKey', () => {
  it('makes the key of the vendor’s console', () => {
    expect(swrLoginKey(accessKey, secretKey)).toBe('4c4e416fe053e51dd115d7edfccfeb8136f9015033c273f448b68b7f9883fc68');
  });
});
