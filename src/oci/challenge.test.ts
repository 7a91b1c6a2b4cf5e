import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseChallenge, parseChallenges } from './challenge.ts';

const bearer = (parameters: Record<string, string>) => ({ scheme: 'bearer', parameters });
const basic = (parameters: Record<string, string>) => ({ scheme: 'basic', parameters });

describe('parseChallenges', () => {
  it.each<[string | string[], unknown[]]>([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
      [bearer({ realm: 'https://auth.docker.io/token', service: 'registry.docker.io' })],
    ],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:samalba/my-app:pull,push"',
      [bearer({ realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:samalba/my-app:pull,push' })],
    ],
    [
      'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"',
      [bearer({ realm: 'https://ghcr.io/token', service: 'ghcr.io', scope: 'repository:user/image:pull' })],
    ],
    [
      'Basic realm="https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/",service="ecr.amazonaws.com"',
      [basic({ realm: 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/', service: 'ecr.amazonaws.com' })],
    ],
    ['Basic realm="Artifactory Realm"', [basic({ realm: 'Artifactory Realm' })]],
    ['Basic realm="harbor"', [basic({ realm: 'harbor' })]],
    [
      'Bearer realm="https://codeberg.org/v2/token",service="container_registry",scope="*",Basic realm="https://codeberg.org/v2",service="container_registry",scope="*"',
      [
        bearer({ realm: 'https://codeberg.org/v2/token', service: 'container_registry', scope: '*' }),
        basic({ realm: 'https://codeberg.org/v2', service: 'container_registry', scope: '*' }),
      ],
    ],
    [
      ['Bearer realm="https://gitea.example/v2/token"', 'Basic'],
      [bearer({ realm: 'https://gitea.example/v2/token' }), basic({})],
    ],
    ['Bearer realm="https://gitea.example/v2/token", Basic', [bearer({ realm: 'https://gitea.example/v2/token' }), basic({})]],
    [
      'Bearer realm="https://dockerauth.cn-hangzhou.aliyuncs.com/auth",service="registry.aliyuncs.com:cn-shanghai:26842"',
      [bearer({ realm: 'https://dockerauth.cn-hangzhou.aliyuncs.com/auth', service: 'registry.aliyuncs.com:cn-shanghai:26842' })],
    ],
    ['BEARER ReAlM="https://x/" , SERVICE = "y"', [bearer({ realm: 'https://x/', service: 'y' })]],
    ['Bearer realm=https://x/token,service=y', [bearer({ realm: 'https://x/token', service: 'y' })]],
    ['Bearer realm="a \\"quoted\\" \\\\ b, Basic realm=c"', [bearer({ realm: 'a "quoted" \\ b, Basic realm=c' })]],
    ['Bearer realm="a" service="b"', [bearer({ realm: 'a', service: 'b' })]],
    ['Bearer realm="a" Basic realm="b"', [bearer({ realm: 'a' }), basic({ realm: 'b' })]],
    [', ,Bearer realm="a",, service="b",', [bearer({ realm: 'a', service: 'b' })]],
    ['Bearer realm="a",realm="b"', [bearer({ realm: 'a' })]],
    ['Bearer realm="never closed', [bearer({})]],
    ['Bearer realm="', [bearer({})]],
    ['Bearer realm="x\\', [bearer({})]],
    ['Bearer', [bearer({})]],
    ['Negotiate YIIJvwYGKwYBBQUCoIIJ/+sz==, Basic realm="x"', [{ scheme: 'negotiate', parameters: {} }, basic({ realm: 'x' })]],
    ['NTLM TlRMTVNTUAAC, Basic realm="x"', [{ scheme: 'ntlm', parameters: {} }, basic({ realm: 'x' })]],
    ['', []],
    ['"only a string"', []],
    ['realm="without scheme"', []],
    [
      'Bearer __proto__="polluted",constructor="x"',
      [bearer(JSON.parse('{"__proto__":"polluted","constructor":"x"}') as Record<string, string>)],
    ],
  ])('%j', (lines, expected) => {
    const parsed = parseChallenges(Array.isArray(lines) ? lines : [lines]);
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('looks at no more than 16 challenges and 8 KiB', () => {
    expect(parseChallenges([Array.from({ length: 40 }, (_, i) => `Scheme${i} a="b"`).join(', ')])).toHaveLength(16);
    expect(parseChallenges(Array.from({ length: 40 }, () => 'Basic'))).toHaveLength(16);
    expect(parseChallenges([`Bearer realm="${'x'.repeat(9000)}"`, 'Basic'])).toEqual([bearer({})]);
  });

  it('survives anything, in time linear to its length', () => {
    const pieces = fc
      .array(fc.constantFrom('Bearer', 'Basic', ' ', ',', '=', '"', '\\', 'realm', 'https://x', '\t', '/', ';', 'é', '\u0000'), {
        maxLength: 200,
      })
      .map((some) => some.join(''));
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 5 }), (lines) => {
        for (const { scheme, parameters } of parseChallenges(lines)) {
          expect(scheme).toBe(scheme.toLowerCase());
          for (const name of Object.keys(parameters)) expect(name).toBe(name.toLowerCase());
        }
      }),
      { numRuns: 500 },
    );
    for (const unit of ['a ', '"', '\\"', 'a=', ',', 'a="b"', 'Bearer ']) parseChallenges([unit.repeat(1_000_000)]);
  });

  it('reads back what is written by the rules', () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'Z', '0', ' ', ',', '=', '"', '\\', '/', ':'), maxLength: 30 });
    const challenge = fc.record({
      scheme: fc.constantFrom('basic', 'bearer', 'digest'),
      parameters: fc.dictionary(fc.constantFrom('realm', 'service', 'scope', 'error'), value, { maxKeys: 4 }),
    });
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 5 }), (challenges) => {
        const quoted = (text: string) => `"${text.replaceAll(/(["\\])/g, '\\$1')}"`;
        const text = challenges.map(
          ({ scheme, parameters }) =>
            `${scheme} ${Object.entries(parameters)
              .map(([name, some]) => `${name}=${quoted(some)}`)
              .join(', ')}`,
        );
        const plain = (some: unknown): unknown => JSON.parse(JSON.stringify(some));
        expect(plain(parseChallenges([text.join(', ')]))).toEqual(plain(challenges));
        expect(plain(parseChallenges(text))).toEqual(plain(challenges));
      }),
    );
  });
});

describe('chooseChallenge', () => {
  it.each<[string, string | undefined]>([
    ['Basic realm="x", Bearer realm="https://x/token"', 'bearer'],
    ['Bearer realm="/relative", Basic realm="x"', 'basic'],
    ['Bearer realm="ftp://x/", Basic', 'basic'],
    ['Bearer service="x"', undefined],
    ['Negotiate', undefined],
    ['Basic', 'basic'],
  ])('%s', (line, scheme) => {
    expect(chooseChallenge(parseChallenges([line]))?.scheme).toBe(scheme);
  });
});
