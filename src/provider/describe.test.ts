import { describe, expect, it } from 'vitest';
import { loadProviders } from './load.ts';

describe('providerDescription', () => {
  it('marks the fields that a provider’s own addresses tell', async () => {
    const providers = (await loadProviders()).describe();
    const marked = (id: string) =>
      providers
        .filter((provider) => provider.id === id)
        .flatMap((provider) => [...provider.fields, ...provider.signIn.flatMap((method) => method.fields)])
        .filter((field) => field.fromUrl)
        .map((field) => field.name);
    expect(marked('ecr')).toEqual(['region', 'accountId']);
    expect(marked('swr')).toEqual(['region']);
    expect(marked('generic')).toEqual([]);
  });
});
