import { describe, expect, it } from 'vitest';
import { CredentialError, RegistryError, TransportError } from '../core/errors.ts';
import { issueFailure } from './issue-failure.ts';

const refusal = (code: string, context: Record<string, unknown>) =>
  new RegistryError('It was refused.', { code, method: 'GET', url: 'https://registry.example', context });

describe('issueFailure', () => {
  it.each([
    ['registry_unauthorized', 'credential_refused'],
    ['registry_denied', 'credential_refused'],
    ['registry_not_found', 'credential_refused'],
    ['registry_rate_limited', 'credential_unavailable'],
    ['registry_unavailable', 'credential_unavailable'],
    ['invalid_answer', 'credential_unavailable'],
  ])('makes of %s %s, and keeps what the answer said', (code, expected) => {
    const failure = issueFailure(refusal(code, { vendorCode: 'X' }));
    expect(failure).toBeInstanceOf(CredentialError);
    expect(failure).toMatchObject({ code: expected, context: { vendorCode: 'X' } });
  });

  it('leaves everything else as it is', () => {
    const broken = new TransportError('gone', { code: 'connection_reset' });
    expect(issueFailure(broken)).toBe(broken);
  });
});
