import { describe, expect, it } from 'vitest';
import { cleanReference, referenceParts } from './pasted-reference.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('references that are pasted', () => {
  it.each([
    ['registry.acme.io/shop/api:1.8.2', { repository: 'shop/api', reference: '1.8.2' }],
    ['127.0.0.1:5000/api', { repository: 'api', reference: '' }],
    [`registry.acme.io/shop/api:1.8.2@${digest}`, { repository: 'shop/api', reference: digest }],
    [`registry.acme.io/api@${digest}`, { repository: 'api', reference: digest }],
    ['registry.acme.io', undefined],
  ])('%s', (full, parts) => {
    expect(referenceParts(full)).toEqual(parts);
  });

  it.each([
    ['docker pull registry.acme.io/shop/api:1.8.2', 'registry.acme.io/shop/api:1.8.2'],
    ['$ sudo podman pull --tls-verify=false quay.io/a/b', 'quay.io/a/b'],
    ['image: "ghcr.io/acme/web:2"', 'ghcr.io/acme/web:2'],
    ['  - image: nginx', 'nginx'],
    ['FROM --platform=$BUILDPLATFORM node:26 AS build', 'node:26'],
    ['docker://quay.io/a/b:1', 'quay.io/a/b:1'],
    ['shop/api:1', 'shop/api:1'],
  ])('%s', (text, reference) => {
    expect(cleanReference(text)).toBe(reference);
  });
});
