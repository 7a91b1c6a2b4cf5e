import type { Credential } from './credential.ts';
import { CredentialError } from './errors.ts';
import type { Presented } from './registry-errors.ts';
import type { Token } from './token-cache.ts';
import { basicHeader } from './token-server.ts';

/** What a request is sent with. */
export interface Authorization {
  /** Value of the Authorization header; undefined when nothing is presented. */
  header: string | undefined;
  presented: Presented;
  token?: Token;
  /** Key of the token in the cache. */
  key?: string;
  /** Scopes that the token was asked for. */
  scopes: readonly string[];
  /** The token came from the token server for this very request. */
  fresh: boolean;
  /** When the credential that is presented was issued, epoch milliseconds, where that is known. */
  issuedAt?: number;
}

/** No Authorization header. */
export const nothing: Authorization = { header: undefined, presented: 'nothing', scopes: [], fresh: false };

/** A token as it goes to the registry. */
export function presentToken(token: Token, key: string, scopes: readonly string[], fresh: boolean): Authorization {
  return { header: `Bearer ${token.value}`, presented: token.anonymous ? 'anonymous-token' : 'token', token, key, scopes, fresh };
}

/** A credential as it goes to the registry itself. */
export function present(credential: Credential, scopes: readonly string[]): Authorization {
  const issued = credential.issuedAt === undefined ? {} : { issuedAt: credential.issuedAt };
  switch (credential.kind) {
    case 'anonymous':
      return nothing;
    case 'basic':
      return { header: basicHeader(credential.username, credential.password), presented: 'basic', scopes, fresh: false, ...issued };
    case 'bearer':
      if (!/^[\x21-\x7e]+$/.test(credential.token)) {
        throw new CredentialError('The token has characters that no token can have, such as a space or a line break.', {
          code: 'credential_refused',
          fault: 'caller',
        });
      }
      return { header: `Bearer ${credential.token}`, presented: 'bearer', scopes, fresh: false, ...issued };
    case 'identity':
      throw new CredentialError(
        'The registry asks for a user name and password, and only an identity token is configured; it may be sent to a token server only.',
        {
          code: 'identity_token_unsupported',
        },
      );
  }
}

/** Whether presenting the one would be presenting the other. */
export function sameCredential(a: Credential, b: Credential): boolean {
  if (a.kind === 'basic') return b.kind === 'basic' && a.username === b.username && a.password === b.password;
  if (a.kind === 'anonymous' || b.kind === 'anonymous' || b.kind === 'basic') return a.kind === b.kind;
  return a.kind === b.kind && a.token === b.token;
}
