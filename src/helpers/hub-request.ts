import type { HubAddress } from '../cli/hub-address.ts';

/** What the hub answered, read whole. `body` is undefined where it is no JSON. */
export interface HubAnswer {
  status: number;
  body: unknown;
}

export interface HubRequest {
  method: 'GET' | 'POST';
  /** Below `/api/v1`, with its query. */
  path: string;
  body?: object;
  /** PEM of authorities to trust beside the system's. */
  ca?: string;
  /** Milliseconds. */
  timeout: number;
}

/** No usable answer came from the hub; the message says what to look at. */
export class HubFailure extends Error {
  /** Error code of the hub, where it answered. */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

const longestAnswer = 4 * 1024 * 1024;

/**
 * One request to a hub with what every Node.js since 20 brings along, because loading a client takes longer than the request.
 *
 * @throws HubFailure
 */
export async function askHub({ url, token }: HubAddress, { method, path, body, ca, timeout }: HubRequest): Promise<HubAnswer> {
  const target = new URL(`${url}/api/v1${path}`);
  const { request: send } = await loadHttp(target.protocol === 'https:' ? 'node:https' : 'node:http');
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const fail = (why: string) => reject(new HubFailure(`The hub at ${url} cannot be asked: ${why}`));
    const request = send(
      target,
      {
        method,
        ...(ca !== undefined && { ca }),
        headers: {
          accept: 'application/json',
          'user-agent': 'tagboat-helper',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > longestAnswer) {
            fail('what answers there sends too much to be a hub.');
            request.destroy();
          } else chunks.push(chunk);
        });
        response.on('error', (error: NodeJS.ErrnoException) => fail(reasonOf(error)));
        response.on('end', () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) });
        });
      },
    );
    const timer = setTimeout(() => {
      fail(`no answer within ${timeout / 1000} s. Check that it runs, and the network.`);
      request.destroy();
    }, timeout);
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(reasonOf(error));
    });
    request.end(text);
  });
}

/**
 * TLS, which only https needs, takes longer to load than all the rest; and `import` of node:http loads the WebSocket client with
 * it, because it reads every export: twice the time of the whole answer.
 */
async function loadHttp(name: 'node:http' | 'node:https'): Promise<Pick<typeof import('node:http'), 'request'>> {
  // Since Node.js 20.16.
  if (typeof process.getBuiltinModule === 'function') return process.getBuiltinModule(name);
  return name === 'node:https' ? import('node:https') : import('node:http');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function reasonOf({ code = '', message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'nothing listens there. Check that it runs, and its address (TAGBOAT_URL).';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host cannot be resolved. Check its address (TAGBOAT_URL) and the network.';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/.test(code)) {
    return `its certificate is not trusted (${code}). Name its authority with NODE_EXTRA_CA_CERTS.`;
  }
  return `the connection failed (${code || message}).`;
}

/** What an answer other than 200 says, in a sentence or two for people; never anything secret of the request. */
export function problemOf(address: HubAddress, answer: HubAnswer, tokenPlace?: string): HubFailure {
  const { code } = (answer.body ?? {}) as { code?: unknown };
  return new HubFailure(problemText(address, answer, tokenPlace), typeof code === 'string' ? code : undefined);
}

function problemText({ url, token }: HubAddress, { status, body }: HubAnswer, tokenPlace = 'TAGBOAT_TOKEN, or `tagboat login`'): string {
  const { detail, help, code } = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  if (typeof detail !== 'string' || typeof code !== 'string') {
    return `What answers at ${url} (status ${status}) is not a Tagboat hub, or something stands in between.`;
  }
  if (status === 401) {
    return `The hub at ${url} ${token === undefined ? 'asks for an API token' : `does not accept the API token: ${oneLine(detail)}`} Give it a valid one (${tokenPlace}).`;
  }
  return `${oneLine(detail)}${typeof help === 'string' ? ` ${oneLine(help)}` : ''}`;
}

/** Text of a hub, on one line and of a bounded length. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  return text
    .slice(0, 2000)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
}
