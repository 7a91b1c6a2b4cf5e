import { describe, expect, it } from 'vitest';
import { CopyError, HubError, RegistryError, TransportError } from '../../core/errors.ts';
import { failureOf, pauseBeforeNext } from './failure.ts';

const busy = (retryAfter?: number) =>
  new CopyError(
    'destination',
    'registry.test/shop/api',
    new RegistryError('Too many requests.', {
      code: 'registry_rate_limited',
      method: 'PUT',
      url: 'https://registry.test/v2/',
      status: 429,
      ...(retryAfter !== undefined && { retryAfter }),
    }),
  );

describe('failureOf', () => {
  it('names side, code, message and what to do', () => {
    expect(failureOf(busy())).toEqual({
      code: 'registry_rate_limited',
      side: 'destination',
      message: 'Writing to registry.test/shop/api failed. Too many requests.',
      help: expect.stringContaining('Wait'),
    });
  });

  it('says nothing of the database, and nothing of an error that nobody expected', () => {
    const store = new HubError('The database /srv/tagboat.db on db.internal is gone.', 'store_unavailable');
    expect(failureOf(store)).toMatchObject({ code: 'store_unavailable', message: 'The database cannot be reached.' });
    expect(failureOf(new Error('password=hunter2'))).toMatchObject({ code: 'internal', message: 'An error in the hub.' });
  });
});

describe('pauseBeforeNext', () => {
  it('gives two further attempts to what may mend itself', () => {
    expect([1, 2, 3].map((failures) => pauseBeforeNext(busy(), failures))).toEqual([30_000, 120_000, undefined]);
  });

  it('waits as long as the registry asks for, within reason', () => {
    expect(pauseBeforeNext(busy(300_000), 1)).toBe(300_000);
    expect(pauseBeforeNext(busy(10), 1)).toBe(30_000);
    expect(pauseBeforeNext(busy(24 * 3_600_000), 1)).toBeUndefined();
  });

  it('gives none to what does not mend itself', () => {
    const refused = new RegistryError('No.', { code: 'registry_denied', method: 'PUT', url: 'https://registry.test/v2/', status: 403 });
    expect(pauseBeforeNext(refused, 1)).toBeUndefined();
    expect(pauseBeforeNext(new TransportError('Canceled.', { code: 'canceled', retry: 'never' }), 1)).toBeUndefined();
    expect(pauseBeforeNext(new Error('bug'), 1)).toBeUndefined();
  });
});
