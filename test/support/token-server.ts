import { createPrivateKey, createSign, randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './certificates.ts';

interface Access {
  type: string;
  name: string;
  actions: string[];
}

export interface TokenServer {
  /** For `auth.token.realm` of docker-registry. */
  realm: string;
  /** Requests so far. */
  readonly issued: number;
  close: () => Promise<void>;
}

export interface TokenServerOptions {
  users: Readonly<Record<string, string>>;
  issuer: string;
  service: string;
  /** Signs the tokens; its certificate is docker-registry's `rootcertbundle`. */
  signer: KeyPair;
  /** Seconds. Default 300. */
  expiresIn?: number;
  /** Actions a user gets; default what is asked for. */
  grant?: (user: string, access: Access) => string[];
}

/**
 * The token server that docker-registry's `auth: token` needs: JSON Web Tokens, signed with ES256 or RS256, the certificate in the
 * `x5c` header, where docker-registry 2.8 looks for it. Users only; nobody gets nothing.
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  let issued = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const user = userOf(options.users, request.headers.authorization);
    if (user === undefined) return answer(401, { errors: [{ code: 'UNAUTHORIZED', message: 'incorrect username or password' }] });
    const grant = options.grant ?? ((_user: string, access: Access) => access.actions);
    const access = url.searchParams
      .getAll('scope')
      .map(parseScope)
      .map((scope) => ({ ...scope, actions: grant(user, scope) }));
    issued++;
    const lifetime = options.expiresIn ?? 300;
    return answer(200, { token: sign(options, user, access, lifetime), expires_in: lifetime, issued_at: new Date().toISOString() });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    get issued() {
      return issued;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function userOf(users: Readonly<Record<string, string>>, authorization = ''): string | undefined {
  const [user = '', ...rest] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString('utf8')
    .split(':');
  return Object.hasOwn(users, user) && users[user] === rest.join(':') ? user : undefined;
}

function parseScope(text: string): Access {
  const [type = '', ...rest] = text.split(':');
  return { type, actions: (rest.pop() ?? '').split(',').filter(Boolean), name: rest.join(':') };
}

function sign(options: TokenServerOptions, user: string, access: Access[], lifetime: number): string {
  const key = createPrivateKey(options.signer.key);
  const ec = key.asymmetricKeyType === 'ec';
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ typ: 'JWT', alg: ec ? 'ES256' : 'RS256', x5c: [new X509Certificate(options.signer.cert).raw.toString('base64')] });
  const body = part({
    iss: options.issuer,
    sub: user,
    aud: options.service,
    exp: now + lifetime,
    nbf: now - 5,
    iat: now,
    jti: randomUUID(),
    access,
  });
  const signature = createSign('sha256').update(`${head}.${body}`).sign({ key, dsaEncoding: 'ieee-p1363' });
  return `${head}.${body}.${signature.toString('base64url')}`;
}
