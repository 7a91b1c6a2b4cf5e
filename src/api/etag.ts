import type { FastifyReply, FastifyRequest } from 'fastify';
import { TagboatError } from '../core/errors.ts';

/** Says which version the answer shows: `ETag: "<version>"`. */
export function tagVersion(reply: Pick<FastifyReply, 'header'>, version: number): void {
  reply.header('etag', `"${version}"`);
}

/**
 * The version that an edit is based on, from `If-Match`; undefined without one and for `*`. Weak tags count as strong ones,
 * because proxies that compress make them weak. Anything else is an `invalid_request`.
 */
export function expectedVersion(request: Pick<FastifyRequest, 'headers'>): number | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^\s*(?:W\/)?"(\d{1,15})"\s*$/.exec(header);
  if (match) return Number(match[1]);
  throw new TagboatError('The If-Match header is not an ETag of this API: one number in double quotes.', {
    code: 'invalid_request',
    fault: 'caller',
    retry: 'never',
    context: { header: 'if-match' },
  });
}
