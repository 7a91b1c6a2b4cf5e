import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { familiarReference, formatReference, isTag, parseReference, parseRepositoryName } from './reference.ts';

const sha256 = digestOf('x');
const sha512 = digestOf('x', 'sha512');

describe('parseReference', () => {
  it.each<[string, object]>([
    ['alpine', { registry: 'docker.io', repository: 'library/alpine', tag: 'latest' }],
    ['alpine:3.20', { registry: 'docker.io', repository: 'library/alpine', tag: '3.20' }],
    ['grafana/grafana', { registry: 'docker.io', repository: 'grafana/grafana', tag: 'latest' }],
    ['docker.io/alpine', { registry: 'docker.io', repository: 'library/alpine', tag: 'latest' }],
    ['index.docker.io/alpine', { registry: 'docker.io', repository: 'library/alpine', tag: 'latest' }],
    ['registry-1.docker.io/a/b', { registry: 'docker.io', repository: 'a/b', tag: 'latest' }],
    ['localhost/app', { registry: 'localhost', repository: 'app', tag: 'latest' }],
    ['localhost:5000/app:1', { registry: 'localhost:5000', repository: 'app', tag: '1' }],
    ['registry:5000/app', { registry: 'registry:5000', repository: 'app', tag: 'latest' }],
    ['registry/app', { registry: 'docker.io', repository: 'registry/app', tag: 'latest' }],
    ['GHCR.io/owner/app', { registry: 'ghcr.io', repository: 'owner/app', tag: 'latest' }],
    ['Registry/app', { registry: 'registry', repository: 'app', tag: 'latest' }],
    ['[::1]:5000/app:1', { registry: '[::1]:5000', repository: 'app', tag: '1' }],
    ['[2001:DB8::1]/a/b', { registry: '[2001:db8::1]', repository: 'a/b', tag: 'latest' }],
    ['10.0.0.1:5000/app', { registry: '10.0.0.1:5000', repository: 'app', tag: 'latest' }],
    [`ghcr.io/a/b@${sha256}`, { registry: 'ghcr.io', repository: 'a/b', digest: sha256 }],
    [`ghcr.io/a/b:1@${sha512}`, { registry: 'ghcr.io', repository: 'a/b', tag: '1', digest: sha512 }],
    ['ghcr.io/a_b/c__d/e-f/g--h.i:A_b-C.1', { registry: 'ghcr.io', repository: 'a_b/c__d/e-f/g--h.i', tag: 'A_b-C.1' }],
    ['xn--bcher-kva.example/app', { registry: 'xn--bcher-kva.example', repository: 'app', tag: 'latest' }],
  ])('%s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  it('takes another default registry and tag', () => {
    expect(parseReference('app', { defaultRegistry: 'ghcr.io', defaultTag: null })).toEqual({ registry: 'ghcr.io', repository: 'app' });
    expect(parseReference('app', { defaultTag: 'edge' })).toMatchObject({ tag: 'edge' });
  });

  it.each<[string, string]>([
    ['', 'empty'],
    ['https://ghcr.io/a/b', 'URL'],
    ['oci://ghcr.io/a/b', 'URL'],
    ['ghcr.io/Owner/App', 'must be lower case'],
    ['Alpine', 'must be lower case'],
    ['ghcr.io/', 'empty'],
    ['ghcr.io//app', 'empty part'],
    ['/app', 'empty part'],
    ['app/', 'empty part'],
    ['a..b/c', 'is not a registry host'],
    ['ghcr.io/../app', 'cannot be part'],
    ['ghcr.io/a b', 'cannot be part'],
    ['app:', 'cannot be a tag'],
    ['app:-x', 'cannot be a tag'],
    [`app:${'x'.repeat(129)}`, 'cannot be a tag'],
    ['app@sha256:abc', '64 lower-case'],
    ['app@md5:d41d8cd98f00b204e9800998ecf8427e', 'not supported'],
    ['app@', 'not a digest'],
    [`app@${sha256.toUpperCase()}`, 'not supported'],
    ['host:0/app', 'is not a registry host'],
    ['host:99999/app', 'is not a registry host'],
    ['-host.io/app', 'is not a registry host'],
    ['host.io./app', 'is not a registry host'],
    ['[::1/app', 'is not a registry host'],
    ['[::1%eth0]:5000/app', 'is not a registry host'],
    ['[nonsense]:5000/app', 'is not a registry host'],
    ['a'.repeat(64), '64 hexadecimal digits'],
    [`ghcr.io/${'a'.repeat(250)}`, 'too long'],
    ['x'.repeat(10_000), 'too long'],
    ['app\u0000', 'cannot be part'],
    ['ünïcode.example/app', 'is not a registry host'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'invalid_reference', message: expect.stringContaining(reason) as string }),
    );
  });

  it('never repeats what may be a password', () => {
    for (const text of ['user:hunter2@ghcr.io/app', 'https://user:hunter2@ghcr.io/app', 'user:hunter2@ghcr.io@x/app']) {
      expect(() => parseReference(text)).toThrow(expect.not.stringContaining('hunter2') as string);
    }
  });

  it('is the inverse of formatReference and familiarReference', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8}){0,2}$/);
    const registry = fc.constantFrom(
      'docker.io',
      'ghcr.io',
      'localhost',
      'localhost:5000',
      '[::1]:5000',
      'registry.example:443',
      '127.0.0.1',
    );
    const repository = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/), { nil: undefined });
    const digest = fc.option(fc.constantFrom(sha256, sha512), { nil: undefined });
    fc.assert(
      fc.property(registry, repository, tag, digest, (host, name, someTag, someDigest) => {
        const full = host === 'docker.io' && !name.includes('/') ? `library/${name}` : name;
        const reference = {
          registry: host,
          repository: full,
          ...(someTag === undefined ? {} : { tag: someTag }),
          ...(someDigest === undefined ? {} : { digest: someDigest }),
        };
        expect(parseReference(formatReference(reference), { defaultTag: null })).toEqual(reference);
        if (full !== 'localhost') expect(parseReference(familiarReference(reference), { defaultTag: null })).toEqual(reference);
      }),
    );
  });

  it('either returns a reference that formats and parses again, or throws invalid_reference', () => {
    const pieces = fc.array(
      fc.constantFrom('a', 'B', '0', '.', ':', '/', '@', '-', '_', '[', ']', 'sha256:', sha256, 'localhost', '%', ' ', '\n', 'é'),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 300 }),
          pieces.map((some) => some.join('')),
        ),
        (text) => {
          let parsed: ReturnType<typeof parseReference>;
          try {
            parsed = parseReference(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'invalid_reference' });
            return;
          }
          expect(parseReference(formatReference(parsed))).toEqual(parsed);
          expect(`${parsed.registry}/${parsed.repository}`.length).toBeLessThanOrEqual(255);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('familiarReference', () => {
  it.each([
    ['docker.io/library/alpine:3', 'alpine:3'],
    ['docker.io/grafana/grafana:1', 'grafana/grafana:1'],
    ['ghcr.io/a/b:1', 'ghcr.io/a/b:1'],
    ['docker.io/library/a/b:1', 'library/a/b:1'],
    ['docker.io/a.b/c:1', 'docker.io/a.b/c:1'],
  ])('%s is %s', (text, familiar) => {
    expect(familiarReference(parseReference(text))).toBe(familiar);
  });
});

describe('names', () => {
  it('of repositories', () => {
    expect(parseRepositoryName('a/b')).toBe('a/b');
    for (const name of ['', 'A', 'a//b', 'a/', '_a', 'a___b', 'a..b', 'x'.repeat(256), 'a/../b', 'a%2Fb'])
      expect(() => parseRepositoryName(name)).toThrow();
  });

  it('of hostile length are refused without looking at them', () => {
    expect(() => parseRepositoryName('a-'.repeat(1_000_000))).toThrow('too long');
    expect(() => parseRepositoryName(`${'a.'.repeat(120)}!`)).toThrow('cannot be part');
    expect(isTag('x'.repeat(1_000_000))).toBe(false);
  });
});
