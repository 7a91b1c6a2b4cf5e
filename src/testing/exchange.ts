import type { IncomingHttpHeaders } from 'node:http';

/** A request, as the registry's handlers see it. */
export interface Exchange {
  method: string;
  /** Absolute, with the origin under which the registry is served. */
  url: URL;
  /** Path below the configured prefix, percent-decoded once: `/v2/…`. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The request's body as it arrives. Ends with an error when the connection breaks. */
  body: AsyncIterable<Uint8Array>;
  /** Who was found to be asking; undefined for nobody. */
  user?: string;
}

/** What is answered. Always whole in memory, so that faults can be worked into it. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[]>;
  body?: Uint8Array;
}

/** A refusal in the specification's form. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: unknown;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, more: { detail?: unknown; headers?: Record<string, string> } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = more.detail;
    this.headers = more.headers ?? {};
  }
}

export function json(status: number, value: unknown, headers: Record<string, string | string[]> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(JSON.stringify(value)) };
}

/** Error body of the distribution specification, "Error Codes". */
export function refusalReply({ status, code, message, detail, headers }: Refusal): Reply {
  return json(status, { errors: [{ code, message, ...(detail !== undefined && { detail }) }] }, headers);
}

/** Reads a whole body. @throws Refusal SIZE_INVALID with 413 beyond `maxBytes` */
export async function readBody(exchange: Exchange, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of exchange.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Refusal(413, 'SIZE_INVALID', `body is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
