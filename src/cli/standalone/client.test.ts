import { expect, it } from 'vitest';
import { isProvidersRealm } from './client.ts';

it.each([
  ['https://registry-1.docker.io', 'https://auth.docker.io/token', true],
  ['https://registry-1.docker.io', 'https://auth.docker.io.evil.example/token', false],
  ['https://registry-1.docker.io', 'http://auth.docker.io/token', false],
  ['https://registry.acme.example', 'https://auth.docker.io/token', false],
])('%s may name %s as its token server: %s', async (registry, realm, expected) => {
  expect(await isProvidersRealm(new URL(realm), new URL(registry))).toBe(expected);
});
