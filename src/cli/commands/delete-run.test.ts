import { expect, it } from 'vitest';
import { refuseVendorOnly } from './delete-run.ts';

it('sends those to a hub who delete where only the vendor’s own API does', () => {
  expect(() => refuseVendorOnly('ghcr.io/acme/api', { delete: 'provider', providerDeletes: 'manifests' })).toThrow(
    expect.objectContaining({
      code: 'unsupported',
      message: expect.stringContaining('ghcr.io/acme/api'),
      context: { help: expect.stringContaining('through a hub') },
    }),
  );
});

it('leaves the others to what deletes there, and to the library’s own refusal where nothing of ours does', () => {
  expect(() => refuseVendorOnly('registry.example/acme/api', { delete: 'manifest' })).not.toThrow();
  expect(() => refuseVendorOnly('swr.example/acme/api', { delete: 'provider' })).not.toThrow();
});
