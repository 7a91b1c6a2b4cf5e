import { describe, expect, it } from 'vitest';
import { isBundle } from './pasted.ts';

describe('pasted text', () => {
  it('is a bundle when several fields can be read from it', () => {
    expect(isBundle('docker login -u ci -p secret registry.acme.io')).toBe(true);
    expect(isBundle('$ sudo podman login registry.acme.io')).toBe(true);
    expect(isBundle('aws ecr get-login-password | docker login --username AWS --password-stdin host')).toBe(true);
    expect(isBundle('{"auths":{"ghcr.io":{"auth":"eDp5"}}}')).toBe(true);
    expect(isBundle('{"type":"service_account","private_key": "-----BEGIN"}')).toBe(true);
  });
  it('is a plain value otherwise', () => {
    expect(['registry.acme.io', 'hunter2', '{not json', 'my docker login'].map(isBundle)).toEqual([false, false, false, false]);
  });
});
