import { describe, expect, it } from 'vitest';
import { CredentialError } from '../../src/core/errors.ts';
import { describeError } from '../../src/log.ts';

describe('describeError', () => {
  it('tells an error, its context and its causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const error = new CredentialError('The issuer refused.', { code: 'credential_refused', cause, context: { host: 'registry.example' } });
    expect(describeError(error)).toMatchObject({
      name: 'CredentialError',
      code: 'credential_refused',
      message: 'The issuer refused.',
      context: { host: 'registry.example' },
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('leaves out what libraries hang on errors', () => {
    const error = Object.assign(new Error('failed'), { request: { headers: { authorization: 'Basic aHVudGVyMg==' } } });
    expect(JSON.stringify(describeError(error))).not.toContain('aHVudGVyMg');
  });

  it('redacts what looks like a secret', () => {
    const error = new CredentialError('Failed.', {
      code: 'credential_refused',
      context: { password: 'hunter2', url: 'https://ana:hunter2@registry.example/' },
    });
    expect(JSON.stringify(describeError(error))).not.toContain('hunter2');
  });

  it('ends with causes in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(describeError(error))).toContain('round');
  });

  it('takes anything that was thrown', () => {
    expect(describeError('text')).toBe('text');
    expect(describeError(undefined)).toBeUndefined();
  });
});
