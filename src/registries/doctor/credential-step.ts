import type { Credential } from '../../oci/index.ts';
import type { CredentialStatus } from '../types.ts';
import { ok, spoken, type StepDefinition } from './examination.ts';

/** Has the provider issue a credential, afresh. */
export const credentialStep: StepDefinition = {
  id: 'credential',
  title: 'Credential',
  subject: 'the credential',
  async examine(examination) {
    const { subject, client, signal } = examination;
    const credential = await subject.issueCredential(client, signal);
    examination.credential = credential;
    const status = credentialStatus(credential);
    const now = subject.clock.now();
    const ends = credential.expiresAt === undefined ? '' : `, ends in ${spoken(credential.expiresAt - now)}`;
    if (credential.expiresAt !== undefined && credential.expiresAt <= now) {
      return {
        state: 'failed',
        code: 'credential_refused',
        summary: `The credential that was issued ended ${spoken(now - credential.expiresAt)} ago`,
        help: 'Check the clock of this hub. If it is right, look at the issuer of the credential.',
      };
    }
    const { sources } = subject;
    const from = sources.length === 0 ? '' : `, read from ${sources.join(' and ')}`;
    return ok(`${describe(credential)}${from}${ends}`, {
      'Read from': sources.join(', '),
      Kind: status.kind,
      User: status.username,
      Ends: status.expiresAt,
    });
  },
};

/** What may be shown of a credential. */
export function credentialStatus(credential: Credential): CredentialStatus {
  const status: CredentialStatus = { kind: credential.kind };
  if ('username' in credential && credential.username) status.username = credential.username;
  if (credential.issuedAt !== undefined) status.issuedAt = new Date(credential.issuedAt).toISOString();
  if (credential.expiresAt !== undefined) status.expiresAt = new Date(credential.expiresAt).toISOString();
  return status;
}

function describe(credential: Credential): string {
  switch (credential.kind) {
    case 'anonymous':
      return 'None: everything is asked anonymously';
    case 'basic':
      return `User name and password of ${credential.username}`;
    case 'identity':
      return 'Identity token';
    case 'bearer':
      return 'Bearer token';
  }
}
