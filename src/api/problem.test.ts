import { describe, expect, it } from 'vitest';
import { errorCodes } from '../core/error-codes.ts';
import { HubError, InUse, InvalidSettings, RegistryError, TagboatError, TooManyRequests, TransportError } from '../core/errors.ts';
import { problemOf } from './problem.ts';
import { problem as schema } from './schemas/common.ts';

describe('problemOf', () => {
  it('says status, title and help of the code, and the sentence of the error', () => {
    const problem = problemOf(new TransportError('There is no host x.', { code: 'dns_not_found' }), 'r1');
    expect(problem).toEqual({
      type: 'urn:tagboat:error:dns_not_found',
      title: errorCodes.dns_not_found.title,
      status: 504,
      detail: 'There is no host x.',
      code: 'dns_not_found',
      fault: 'remote',
      help: errorCodes.dns_not_found.help,
      requestId: 'r1',
    });
  });

  it('shows control characters of what was asked for as escapes', () => {
    const error = new TagboatError('There is no registry “\u001b[31m\u202e”.', { code: 'not_found', fault: 'caller', retry: 'never' });
    expect(problemOf(error, 'r').detail).toBe('There is no registry “\\u001b[31m\\u202e”.');
  });

  it('prefers the help that an error brings along', () => {
    const error = new TagboatError('No.', { code: 'conflict', fault: 'caller', retry: 'never', context: { help: 'Do this.' } });
    expect(problemOf(error, 'r').help).toBe('Do this.');
  });

  it('names the fields at fault', () => {
    const fields = [
      { field: 'url', message: 'is missing' },
      { field: 'name', message: 'is taken' },
    ];
    expect(problemOf(new InvalidSettings('No.', fields), 'r')).toMatchObject({ status: 422, field: 'url', fields });
  });

  it('names what refers to a thing in use', () => {
    const references = [{ kind: 'watch', id: 'w1', name: 'nightly' }];
    expect(problemOf(new InUse('In use.', references), 'r')).toMatchObject({ status: 409, references });
  });

  it('says in seconds when to come again', () => {
    expect(problemOf(new TooManyRequests('Wait.', 'login_limited', 1500), 'r').retryAfter).toBe(2);
    const limited = new RegistryError('Slow down.', {
      code: 'registry_rate_limited',
      method: 'GET',
      url: 'https://r/v2/',
      status: 429,
      retryAfter: 30_000,
    });
    expect(problemOf(limited, 'r')).toMatchObject({ status: 502, fault: 'remote', retryAfter: 30 });
  });

  it.each([new Error('password=hunter2'), 'hunter2', { message: 'hunter2' }, undefined, null])(
    'tells nothing of what it does not know: %s',
    (error) => {
      const problem = problemOf(error, 'r');
      expect(problem).toMatchObject({ status: 500, code: 'internal', fault: 'hub' });
      expect(JSON.stringify(problem)).not.toContain('hunter2');
    },
  );

  it('keeps to the log where the hub has its database', () => {
    const error = new HubError('The database tagboat on db.internal:5432 cannot be reached.', 'store_unavailable');
    expect(problemOf(error, 'r')).toMatchObject({ status: 503, code: 'store_unavailable', detail: 'The database cannot be reached.' });
  });

  it('answers every code in the shape of the API', () => {
    for (const code of Object.keys(errorCodes)) {
      const problem = problemOf(new TagboatError('A sentence.', { code, fault: 'hub', retry: 'never' }), 'r');
      expect(schema.parse(problem)).toEqual(problem);
      expect(problem.status).toBeGreaterThanOrEqual(400);
    }
  });
});
