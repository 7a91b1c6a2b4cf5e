import { describe, expect, it } from 'vitest';
import { RegistryError } from '../core/errors.ts';
import type { RegistryClient } from '../oci/index.ts';
import { catalogRepositories } from './closed-catalog.ts';

const refusal = (code: string) => new RegistryError('It was refused.', { code, method: 'GET', url: 'https://registry.example' });

/** A client whose catalog has one page, and fails after it with this error, if any. */
function clientOf(names: string[], error?: Error): RegistryClient {
  return {
    async *listRepositories() {
      yield names;
      if (error) throw error;
    },
  } as unknown as RegistryClient;
}
const list = (client: RegistryClient, namespace?: string) =>
  Array.fromAsync(catalogRepositories({ client, namespace }, 'Acme', 'Enter a key.'));

describe('catalogRepositories', () => {
  it('lists what is below the namespace', async () => {
    expect(await list(clientOf(['team/a', 'teams/b']), 'team')).toEqual([{ items: [{ name: 'team/a' }] }]);
  });

  it.each(['registry_unauthorized', 'registry_denied', 'registry_not_found'])(
    'says of a closed catalog (%s) what would open it',
    async (code) => {
      await expect(list(clientOf([], refusal(code)))).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('Enter a key.'),
      });
    },
  );

  it('takes no failure for a closed catalog', async () => {
    await expect(list(clientOf([], refusal('registry_unavailable')))).rejects.toMatchObject({ code: 'registry_unavailable' });
    await expect(list(clientOf([], new Error('broken')))).rejects.toThrow('broken');
  });
});
