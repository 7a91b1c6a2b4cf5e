import type { FaultEffect } from './faults.ts';

/** A status, with an error body of the specification unless another is given. */
export function status(code: number, body?: string | object, headers?: Record<string, string>): FaultEffect {
  return { answer: { status: code, headers, body: body ?? { errors: [{ code: 'UNKNOWN', message: `scripted ${code}` }] } } };
}

/** 429 with `Retry-After`: seconds, or a date. */
export function tooManyRequests(retryAfter?: number | Date): FaultEffect {
  const value = retryAfter instanceof Date ? retryAfter.toUTCString() : retryAfter?.toString();
  return {
    answer: {
      status: 429,
      headers: value === undefined ? {} : { 'retry-after': value },
      body: { errors: [{ code: 'TOOMANYREQUESTS', message: 'pull rate limit reached' }] },
    },
  };
}

/** A web page where JSON is due: a login page of a proxy, or not a registry at all. */
export function html(code = 200): FaultEffect {
  const body = '<!doctype html><title>Sign in</title><h1>Sign in to continue</h1>';
  return { answer: { status: code, headers: { 'content-type': 'text/html; charset=utf-8' }, body } };
}

/** Nothing is ever answered. */
export function silence(): FaultEffect {
  return { hold: new Promise<never>(() => {}) };
}

export function delay(ms: number): FaultEffect {
  return { delay: ms };
}

/** The connection is reset after so many bytes of the answer's body. */
export function resetAt(at: number): FaultEffect {
  return { cutAnswer: { at, how: 'reset' } };
}

/** The answer ends too early, with an orderly close of the connection. */
export function truncatedAt(at: number): FaultEffect {
  return { cutAnswer: { at, how: 'close' } };
}

/** The connection is reset after so many bytes of the request's body arrived. */
export function uploadResetAt(at: number): FaultEffect {
  return { cutRequest: { at } };
}

/** One bit of the body is not what it was; headers say nothing of it. */
export function corrupted(): FaultEffect {
  return {
    change: (reply) => {
      const body = Buffer.from(reply.body ?? new Uint8Array());
      const middle = body.byteLength >> 1;
      if (body.byteLength > 0) body[middle] = (body[middle] ?? 0) ^ 1;
      return { ...reply, body };
    },
  };
}

/** `Docker-Content-Digest` of other content. */
export function wrongDigest(digest = `sha256:${'0'.repeat(64)}`): FaultEffect {
  return { headers: { 'docker-content-digest': digest } };
}

/** Older servers leave the digest header away. */
export function noDigestHeader(): FaultEffect {
  return { headers: { 'docker-content-digest': null } };
}

/** Every page of a listing names another one, each under a new address. Give it `times: Infinity`. */
export function endlessPages(): FaultEffect {
  let pages = 0;
  return {
    change: (reply, exchange) => {
      const next = new URL(exchange.url);
      next.searchParams.set('page', String(++pages));
      return { ...reply, headers: { ...reply.headers, link: `<${next.pathname}${next.search}>; rel="next"` } };
    },
  };
}

/** Every page of a listing names itself as the next one. Give it `times: Infinity`. */
export function circularPages(): FaultEffect {
  return {
    change: (reply, { url }) => ({ ...reply, headers: { ...reply.headers, link: `<${url.pathname}${url.search}>; rel="next"` } }),
  };
}

/** The next page of a listing is on another origin: a trap for credentials. */
export function crossOriginLink(target: string): FaultEffect {
  return { headers: { link: `<${target}>; rel="next"` } };
}

export function redirect(location: string, code = 307): FaultEffect {
  return { answer: { status: code, headers: { location }, body: '' } };
}

/** Every request is sent to its own address again. Give it `times: Infinity`. */
export function redirectLoop(): FaultEffect {
  return { change: (_reply, { url }) => ({ status: 307, headers: { location: `${url.pathname}${url.search}` } }) };
}
