import { describe, expect, it } from 'vitest';
import type { OciErrorEntry } from './errors.ts';
import { describeRefusedWrite } from './write-refusals.ts';

const session = 'https://r.example/v2/shop/api/blobs/uploads/7f3a';
const begin = 'https://r.example/v2/shop/api/blobs/uploads/';
const tag = 'https://r.example/v2/shop/api/manifests/1';

function codeOf(method: string, url: string, status: number, code: string, message?: string, detail?: unknown): string | undefined {
  const errors: OciErrorEntry[] = [{ code, ...(message !== undefined && { message }), ...(detail !== undefined && { detail }) }];
  return describeRefusedWrite({ method, url: new URL(url), status, errors, what: 'it' })?.code;
}

describe('what registries say when they take no content', () => {
  it.each([
    ['the status for it', 'PUT', session, 507, 'UNKNOWN', undefined],
    ['docker-registry on a full disk', 'PATCH', session, 500, 'UNKNOWN', 'unknown error', { Op: 'write', Path: '/var/lib/x', Err: 28 }],
    ['a quota of the file system', 'PUT', session, 500, 'UNKNOWN', 'unknown error', { Op: 'write', Path: '/var/lib/x', Err: 122 }],
    ['words of a full disk', 'PUT', tag, 500, 'UNKNOWN', 'write /data/x: no space left on device'],
    [
      'Harbor',
      'PUT',
      tag,
      412,
      'PRECONDITION',
      'adding 1.2 MiB of storage resource, which when updated to current usage of 1.0 GiB will exceed the configured upper limit of 1.0 GiB.',
    ],
    [
      'an older Harbor',
      'POST',
      begin,
      403,
      'DENIED',
      'Quota exceeded when processing the request of adding 10.0 MiB of storage resource, which …',
    ],
    ['others', 'POST', begin, 403, 'DENIED', 'Your account exceeds the storage quota'],
  ])('no room: %s', (_who, method, url, status, code, message, detail?: unknown) => {
    expect(codeOf(method, url, status, code, message, detail)).toBe('registry_full');
  });

  it.each([
    ['Harbor', 412, 'PRECONDITION', "Failed to process request due to 'api:1' configured as immutable."],
    [
      'ECR',
      400,
      'TAG_INVALID',
      "The image tag '1' already exists in the 'shop/api' repository and cannot be overwritten because the repository is immutable.",
    ],
    ['others', 409, 'TAG_INVALID', 'tag is immutable'],
  ])('a tag that stays: %s', (_who, status, code, message) => {
    expect(codeOf('PUT', tag, status, code, message)).toBe('tag_immutable');
  });

  it.each([
    ['bytes that are not what the digest says', 'PUT', session, 400, 'DIGEST_INVALID', 'integrity'],
    ['a session that is gone', 'PATCH', session, 404, 'BLOB_UPLOAD_UNKNOWN', 'upload_lost'],
    ['a session elsewhere that is gone', 'PUT', 'https://r.example/uploads/9', 404, 'UNKNOWN', 'upload_lost'],
    ['a session whose state is not understood', 'GET', session, 404, 'UNKNOWN', 'upload_lost'],
    ['a repository that is not there', 'POST', begin, 404, 'NAME_UNKNOWN', undefined],
    ['a permission that is missing', 'POST', begin, 403, 'DENIED', undefined],
    ['a pause that is wanted', 'PUT', session, 429, 'TOOMANYREQUESTS', undefined],
    ['a sign-in that ended', 'PUT', session, 401, 'UNAUTHORIZED', undefined],
    ['reading, whatever it says', 'GET', tag, 404, 'MANIFEST_UNKNOWN', undefined],
    ['a digest of another algorithm', 'PUT', tag, 400, 'DIGEST_INVALID', undefined],
  ])('%s', (_what, method, url, status, code, expected) => {
    expect(codeOf(method, url, status, code, 'quota of requests')).toBe(expected);
  });
});
