import { describe, expect, it } from 'vitest';
import { isCompleteSource, joinSource, sourceKinds, sourceWords, splitSource } from './sources.ts';

describe('sources of secrets', () => {
  it('splits at the first colon, and only at a kind that is known', () => {
    expect(splitSource('vault:ci/registry#password')).toMatchObject({ kind: { scheme: 'vault' }, rest: 'ci/registry#password' });
    expect(splitSource('aws-sm:arn:aws:x')).toMatchObject({ kind: { scheme: 'aws-sm' }, rest: 'arn:aws:x' });
    expect(splitSource('hunter2:secret').kind).toBeUndefined();
  });

  it('joins kind and place, and lets a whole reference that was pasted bring its own kind', () => {
    expect(joinSource('env', ' REGISTRY_PASSWORD ')).toBe('env:REGISTRY_PASSWORD');
    expect(joinSource('env', 'file:/run/secrets/x')).toBe('file:/run/secrets/x');
    expect(joinSource('azure-kv', 'https://acme.vault.azure.net/secrets/x')).toBe('azure-kv:https://acme.vault.azure.net/secrets/x');
  });

  it.each(sourceKinds)('reads its own example: $scheme', ({ scheme, example, title }) => {
    const text = joinSource(scheme, example);
    expect(text).toBe(`${scheme}:${example}`);
    expect(sourceWords(text)).toEqual({ kind: title, place: example });
    expect(isCompleteSource(text)).toBe(true);
  });

  it('is incomplete without a place, except Docker’s own configuration', () => {
    expect(isCompleteSource('env:')).toBe(false);
    expect(isCompleteSource('')).toBe(false);
    expect(isCompleteSource('docker-config:')).toBe(true);
  });
});
