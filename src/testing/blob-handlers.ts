import type { ContentStore } from './content-store.ts';
import { type Exchange, type Reply, Refusal } from './exchange.ts';
import { isDigest, type RegistryOptions } from './registry-options.ts';

/** GET and HEAD of a blob, whole or one range of it (RFC 9110, section 14). */
export function getBlob(store: ContentStore, exchange: Exchange, name: string, digest: string, redirectTo?: string): Reply {
  const bytes = find(store, name, digest);
  if (redirectTo !== undefined && exchange.method === 'GET') {
    return { status: 307, headers: { location: redirectTo, 'docker-content-digest': digest } };
  }
  return blobReply(bytes, digest, exchange.headers.range);
}

export function blobReply(bytes: Uint8Array, digest: string, range: string | undefined): Reply {
  const size = bytes.byteLength;
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag: `"${digest}"`,
  };
  if (range === undefined) return { status: 200, headers, body: bytes };
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range);
  if (!match || (match[1] === '' && match[2] === '')) return { status: 200, headers, body: bytes };
  const suffix = match[1] === '';
  const start = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = suffix || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  if (start > end) return { status: 416, headers: { 'content-range': `bytes */${size}` } };
  headers['content-range'] = `bytes ${start}-${end}/${size}`;
  return { status: 206, headers, body: bytes.subarray(start, end + 1) };
}

export function deleteBlob(store: ContentStore, options: RegistryOptions, name: string, digest: string): Reply {
  if (options.deletion === false) throw new Refusal(405, 'UNSUPPORTED', 'The operation is unsupported.');
  find(store, name, digest);
  store.deleteBlob(name, digest);
  return { status: 202, headers: {} };
}

function find(store: ContentStore, name: string, digest: string): Uint8Array {
  if (!isDigest(digest)) throw new Refusal(400, 'DIGEST_INVALID', `not a digest: ${digest}`);
  const bytes = store.blob(name, digest);
  if (!bytes) throw new Refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest });
  return bytes;
}
