import { describe, expect, it } from 'vitest';
import { readRules } from './read.ts';
import type { ReadRulesOptions } from './types.ts';

const read = (content: string, options: ReadRulesOptions = {}) => readRules([{ name: 'sync.yml', content }], options);

describe('rules of Tagboat', () => {
  it('are read whole, with versions as they are written', () => {
    const { rules } = read(`
rules:
  - name: mirror shop
    enabled: yes
    source:
      registry: ghcr.io
      repositories: [acme/*, acme/eu/**]
      exclude: acme/test-*
      tags: {include: [1.10, '>=2 <3'], exclude: ['*-rc*'], newest: {count: 5}, pushedWithin: 30d}
    destination: {registry: harbor, repository: 'mirror/{repository}', tag: '{tag}'}
    mode: mirror
    deletionLimit: 25
    schedule: {cron: '0 3 * * *', timeZone: Europe/Berlin}
    settings: {platforms: [linux/amd64], referrers: true, bandwidth: 2000000, verify: always, quotaReserve: 20}
  - source: {layout: ./disk, repositories: '**'}
    destination: {registry: localhost:5000}
`);
    expect(rules).toEqual([
      {
        name: 'mirror shop',
        from: 'sync.yml, rules[0]',
        enabled: true,
        notes: [],
        spec: {
          source: {
            registry: 'ghcr.io',
            repositories: ['acme/*', 'acme/eu/**'],
            exclude: ['acme/test-*'],
            tags: { include: ['1.10', '>=2 <3'], exclude: ['*-rc*'], newest: { count: 5, by: 'version' }, pushedWithin: '30d' },
          },
          destination: { registry: 'harbor', repository: 'mirror/{repository}', tag: '{tag}' },
          mode: 'mirror',
          deletionLimit: 25,
          schedule: { cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
          settings: { platforms: ['linux/amd64'], referrers: true, bandwidth: 2000000, verify: 'always', quotaReserve: 20 },
        },
      },
      {
        name: '**',
        from: 'sync.yml, rules[1]',
        notes: [],
        spec: { source: { registry: 'oci:./disk', repositories: ['**'] }, destination: { registry: 'localhost:5000' } },
      },
    ]);
  });

  it('give names that can be names, each once', () => {
    const rule = (name: string) => `  - name: ${name}\n    source: {registry: a.io, repositories: x}\n    destination: {registry: b.io}\n`;
    expect(read(`rules:\n${rule('shop/api')}${rule('Shop-api')}${rule('x'.repeat(99))}`).rules.map(({ name }) => name)).toEqual([
      'shop-api',
      'Shop-api-2',
      'x'.repeat(64),
    ]);
  });

  it.each([
    ['rules: []', 'a list of rules is missing'],
    [
      'rules:\n- source: {registry: a.io, repositories: x, exlude: y}\n  destination: {registry: b.io}',
      'rules[0].source.exlude: this key is not known',
    ],
    ['rules:\n- destination: {registry: b.io}', 'rules[0].source: what is copied is missing'],
    ['rules:\n- source: {registry: a.io, layout: ./x, repositories: x}\n  destination: {registry: b.io}', 'either a registry or a layout'],
    ['rules:\n- source: {registry: a.io, repositories: x}\n  destination: {registry: b.io}\n  mode: both', 'either one-way or mirror'],
    [
      'rules:\n- source: {registry: a.io, repositories: X}\n  destination: {registry: b.io}',
      'sync.yml, rules[0] cannot be used. source.repositories.0: Names of repositories are lower-case',
    ],
    ['rules:\n- source: {registry: a.io}\n  destination: {registry: b.io}', 'Name at least one repository'],
    ['version: 2\nrules: [a]', 'only version 1'],
    ['hello: world', 'holds no rules'],
    ['- a', 'holds no rules'],
  ])('are refused: %s', (content, says) => {
    expect(() => read(content)).toThrow(says);
  });
});

describe('regsync.yml', () => {
  const regsync = (sync: string, more = '') => read(`version: 1\n${more}sync:\n${sync}`);

  it('is read as regclient documents it', () => {
    const { rules, notes, connections } = read(`
version: 1
creds:
  - registry: registry:5000
    tls: disabled
  - registry: docker.io
    user: "{{env \\"HUB_USER\\"}}"
    pass: "{{file \\"/home/appuser/.docker/hub_token\\"}}"
defaults:
  ratelimit: {min: 100, retry: 15m}
  parallel: 2
  interval: 60m
  backup: "bkup-{{.Ref.Tag}}"
sync:
  - source: busybox:latest
    target: registry:5000/library/busybox:latest
    type: image
  - source: alpine
    target: registry:5000/library/alpine
    type: repository
    tags: {allow: ["latest", "3", "3.\\\\d+"]}
  - source: ghcr.io/regclient/regctl:latest
    target: registry:5000/regclient/regctl:edge
    type: image
    schedule: "15 3 * * *"
`);
    const common = { schedule: { every: '1h' }, settings: { quotaReserve: 100 } };
    expect(rules.map(({ spec }) => spec)).toEqual([
      {
        source: { registry: 'docker.io', repositories: ['library/busybox'], tags: { include: ['latest'] } },
        destination: { registry: 'registry:5000', repository: 'library/busybox' },
        ...common,
      },
      {
        source: { registry: 'docker.io', repositories: ['library/alpine'], tags: { include: ['latest', '3', '/^3.\\d+$/'] } },
        destination: { registry: 'registry:5000', repository: 'library/alpine' },
        ...common,
      },
      {
        source: { registry: 'ghcr.io', repositories: ['regclient/regctl'], tags: { include: ['latest'] } },
        destination: { registry: 'registry:5000', repository: 'regclient/regctl', tag: 'edge' },
        schedule: { cron: '15 3 * * *' },
        settings: { quotaReserve: 100 },
      },
    ]);
    expect(rules.map(({ name, problem }) => [name, problem])).toEqual([
      ['library-busybox', undefined],
      ['library-alpine', undefined],
      ['regclient-regctl', undefined],
    ]);
    expect(rules[2]?.notes.join('\n')).toContain('here it is UTC');
    expect(rules[0]?.notes.join('\n')).toContain('backup: What is overwritten is not kept');
    expect(notes.join('\n')).toContain('credential for docker.io is not taken');
    expect(notes.join('\n')).not.toContain('HUB_USER');
    expect([...connections]).toEqual([['registry:5000', 'plain']]);
  });

  it('has whole registries, whose patterns for repositories become globs', () => {
    const [rule] = regsync(`
  - source: harbor.acme.io/team
    target: registry:5000/mirror
    type: registry
    repos: {allow: ["library/.*", "(eu|us)/api"], deny: ["library/test-[^/]*"]}
    referrers: true
    digestTags: true
    includeExternal: true
`).rules;
    expect(rule?.spec).toEqual({
      source: {
        registry: 'harbor.acme.io',
        repositories: ['team/library/**', 'team/eu/api', 'team/us/api'],
        exclude: ['team/library/test-*'],
      },
      destination: { registry: 'registry:5000', repository: 'mirror/{repository#team\\/}' },
      settings: { referrers: true, digestTags: true, foreignLayers: true },
    });
    expect(rule?.problem).toBeUndefined();
  });

  it('takes sets of tags apart only where they leave something out', () => {
    const both = (tags: string) =>
      regsync(`  - source: alpine\n    target: r:5000/alpine\n    type: repository\n${tags}`).rules.map(
        ({ spec, problem }) => problem ?? spec.source.tags,
      );
    expect(both('    tagSets: [{allow: [a]}, {allow: [b]}]\n    tags: {allow: [c]}\n')).toEqual([{ include: ['a', 'b', 'c'] }]);
    expect(both('    tagSets: [{allow: [a.*], deny: [ab]}, {allow: [b]}]\n')).toEqual([
      { include: ['/^a.*$/'], exclude: ['ab'] },
      { include: ['b'] },
    ]);
    expect(both('    tagSets: [{allow: [a]}, {}]\n')).toEqual([undefined]);
    expect(both('    tags: {}\n')).toEqual([undefined]);
    expect(both('    tags: {semverRange: [">=1.2 <2", "3"], deny: [".*-rc"]}\n')).toEqual([
      { include: ['>=1.2.0 <2.0.0', '=3.0.0'], exclude: ['/^.*-rc$/'] },
    ]);
    expect(both('    tags: {semverRange: [">=1"], allow: ["v.*"]}\n')).toEqual([expect.stringContaining('at once')]);
  });

  it.each([
    ['source: alpine\n    type: repository', 'target is missing'],
    ['source: alpine\n    target: r:5000/a', 'The type has to be'],
    [`source: "alpine@sha256:${'a'.repeat(64)}"\n    target: r:5000/a\n    type: image`, 'never changes'],
    ['source: "{{env \\"SRC\\"}}"\n    target: r:5000/a\n    type: image', 'whose value only regsync knows'],
    ['source: alpine\n    target: r:5000/a\n    type: image\n    platform: local', 'write which one is meant'],
    ['source: r:5000\n    target: s:5000\n    type: registry\n    repos: {allow: ["a{2}"]}', 'cannot be said with globs'],
    ['source: Alpine/X\n    target: r:5000/a\n    type: repository', 'source is no reference'],
    ['source: alpine\n    target: r:5000/a\n    type: repository\n    tags: {allow: ["(?=x)"]}', 'not a valid pattern'],
    ['source: ocidir://./x\n    target: r:5000/a\n    type: repository', 'name it as a layout'],
  ])('has entries that cannot be taken: %s', (entry, says) => {
    expect(regsync(`  - ${entry}\n`).rules[0]?.problem).toContain(says);
  });

  it('knows what is in the environment, where it is given', () => {
    const content = 'sync:\n  - {source: "{{ env `SRC` }}/api", target: "r:5000/api", type: repository}\n';
    expect(read(content, { env: { SRC: 'ghcr.io/acme' } }).rules[0]?.spec.source).toEqual({
      registry: 'ghcr.io',
      repositories: ['acme/api'],
    });
  });

  it('says what has no counterpart, at the entry', () => {
    const [rule] = regsync(`
  - source: alpine
    target: r:5000/alpine
    type: repository
    platforms: [linux/amd64, linux/arm64]
    hooks: {pre: {type: x}}
    mediaTypes: [a/b]
    fastCheck: true
    referrerFilters: [{artifactType: x}]
    interval: 10s
    suprise: 1
`).rules;
    const said = rule?.notes.join('\n') ?? '';
    for (const key of ['platforms:', 'hooks:', 'mediaTypes:', 'fastCheck:', 'referrerFilters:', 'interval:', 'suprise:'])
      expect(said).toContain(key);
    expect(rule?.spec.schedule).toEqual({ every: '1m' });
  });

  it.each([
    ['"@every 1h30m"', { every: '90m' }],
    ['"@daily"', { cron: '0 0 * * *' }],
    ['"CRON_TZ=Europe/Berlin 0 3 * * *"', { cron: '0 3 * * *', timeZone: 'Europe/Berlin' }],
    ['"sometimes"', undefined],
  ])('reads the schedule %s', (schedule, expected) => {
    const entry = `  - {source: alpine, target: "r:5000/a", type: repository, schedule: ${schedule}}\n`;
    expect(regsync(entry, 'defaults: {interval: 12h}\n').rules[0]?.spec.schedule).toEqual(expected);
  });
});

describe('the YAML of skopeo sync', () => {
  const document = `
registry.example.com:
    images:
        busybox: []
        team/tools: []
        redis:
            - "1.0"
            - "2.0"
            - "sha256:0000000000000000000000000000000011111111111111111111111111111111"
    images-by-tag-regex:
        nginx: ^1\\.13\\.[12]-alpine-perl$
    images-by-semver:
        alpine: ">= 3.12.0, != 3.13.1"
    credentials:
        username: john
        password: this is a secret
    tls-verify: true
    cert-dir: /home/john/certs
docker.io:
    tls-verify: false
    images:
        alpine:
            - latest
`;

  it('becomes a rule for each choice of tags', () => {
    const { rules, connections, notes } = read(document, { destination: 'my-registry.local.lan/repo/' });
    const destination = { registry: 'my-registry.local.lan', repository: 'repo/{name}' };
    expect(rules.map(({ spec, name }) => ({ name, ...spec }))).toEqual([
      {
        name: 'registry.example.com 2 repositories',
        source: { registry: 'registry.example.com', repositories: ['busybox', 'team/tools'] },
        destination,
      },
      {
        name: 'redis',
        source: { registry: 'registry.example.com', repositories: ['redis'], tags: { include: ['1.0', '2.0'] } },
        destination,
      },
      {
        name: 'nginx',
        source: { registry: 'registry.example.com', repositories: ['nginx'], tags: { include: ['/^1\\.13\\.[12]-alpine-perl$/'] } },
        destination,
      },
      {
        name: 'alpine',
        source: { registry: 'registry.example.com', repositories: ['alpine'], tags: { include: ['>= 3.12.0'], exclude: ['=3.13.1'] } },
        destination,
      },
      {
        name: 'library-alpine',
        source: { registry: 'docker.io', repositories: ['library/alpine'], tags: { include: ['latest'] } },
        destination,
      },
    ]);
    const said = rules[0]?.notes.join('\n') ?? '';
    for (const key of ['credentials:', 'cert-dir:', 'images.redis:']) expect(said).toContain(key);
    expect(JSON.stringify(rules)).not.toContain('this is a secret');
    expect([...connections]).toEqual([['docker.io', 'either']]);
    expect(notes.join()).toContain('--all');
  });

  it('keeps whole names where it is scoped', () => {
    expect(read(document, { destination: 'r:5000', scoped: true }).rules[0]?.spec.destination).toEqual({
      registry: 'r:5000',
      repository: '{registry}/{repository}',
    });
  });

  it('needs to be told where its images go', () => {
    expect(read(document).rules.every(({ problem }) => problem?.includes('give a destination'))).toBe(true);
  });
});

describe('what chooses and cannot be read', () => {
  const long = 'a'.repeat(5000);
  const regsync = (more: string, type = 'repository') =>
    `version: 1\nsync:\n  - source: a.test/x\n    target: b.test/x\n    type: ${type}\n${more}`;

  it.each([
    ['a pattern that is too long', regsync(`    tags: {allow: ["${long}"]}\n`)],
    ['a pattern that is no list', regsync('    tags: {allow: v1}\n')],
    ['tags that are no map', regsync('    tags: v1\n')],
    ['a set of tags that is none', regsync('    tagSets: [v1]\n')],
    ['what is left out', regsync('    tags: {deny: [{a: b}]}\n')],
    ['repositories', regsync(`    repos: {allow: ["${long}"]}\n`, 'registry').replaceAll('.test/x', '.test')],
    ['tags of skopeo that are no list', 'a.test:\n  images:\n    x: v1\n'],
    ['a tag of skopeo that is too long', `a.test:\n  images:\n    x: ["${long}"]\n`],
  ])('is a problem of the rule, which would copy more without it: %s', (_what, content) => {
    const { rules } = readRules([{ name: 'f', content }], { destination: 'b.test' });
    expect(rules).toHaveLength(1);
    expect(rules[0]?.problem).toBeDefined();
  });
});
