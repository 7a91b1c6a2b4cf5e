/**
 * What is presented to a registry or to its token server.
 *
 * - `anonymous`: nothing.
 * - `basic`: user and password; sent to the registry itself on a Basic challenge, to the token server on a Bearer one.
 * - `identity`: an OAuth2 refresh token ("identity token" in Docker's config.json); sent to the token server only.
 * - `bearer`: a ready registry token; sent to the registry as it is.
 */
export type Credential = (
  | { kind: 'anonymous' }
  | { kind: 'basic'; username: string; password: string }
  | { kind: 'identity'; token: string; username?: string }
  | { kind: 'bearer'; token: string }
) & {
  /** End of validity in epoch milliseconds; absent when the credential does not end by itself or nobody knows. */
  expiresAt?: number;
  /** When it was issued, epoch milliseconds; absent for what a person typed in. */
  issuedAt?: number;
};

export const anonymous: Credential = { kind: 'anonymous' };
