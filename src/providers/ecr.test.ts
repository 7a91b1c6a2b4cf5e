import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RegistryError } from '../core/errors.ts';
import type { CatalogContext } from '../provider/define.ts';
import { type FakeAws, LoopbackHttp, startAws } from '../testing/clouds/index.ts';
import { describeProvider } from '../testing/describe-provider.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { provider } from './ecr.ts';

const read = ['ecr:*', 'sts:AssumeRole', 'sts:GetFederationToken'];

describeProvider({
  provider,
  hosts: {
    own: [
      '123456789012.dkr.ecr.us-east-1.amazonaws.com',
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
      '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
      '123456789012.dkr-ecr.us-west-2.on.aws',
      '123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn',
      '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu',
      '123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov',
      '123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov',
      '123456789012.DKR.ECR.US-EAST-1.AMAZONAWS.COM',
    ],
    foreign: [
      '123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.io',
      '12345678901.dkr.ecr.us-east-1.amazonaws.com',
      'x123456789012.dkr.ecr.us-east-1.amazonaws.com',
      '123456789012.dkr.ecr.us-east-1.amazonaws.com.cn.evil.io',
      '123456789012xdkr.ecr.us-east-1.amazonaws.com',
      '123456789012.dkr.ecr.us-east-1.amazonaws-com.io',
      '123456789012.dkr.ecr.amazonaws.com',
      '123456789012.dkr.ecr.evil.io.us-east-1.amazonaws.com',
      'public.ecr.aws',
      'amazonaws.com',
    ],
  },
  async start() {
    const clock = new FakeClock(Date.now());
    const aws = await startAws({ clock, pageLimit: 9 });
    fill(aws, 32, 34, clock.now());
    const user = aws.accounts.addUser(aws.account, 'ci', read);
    const machine = aws.accounts.addRole(aws.account, 'node', { actions: read, trusts: [] });
    aws.setMachineRole(machine);
    const target = aws.accounts.addRole(aws.account, 'tagboat', {
      actions: ['ecr:*'],
      trusts: [`arn:aws:iam::${aws.account}:user/ci`, `arn:aws:sts::${aws.account}:assumed-role/node/i-0123456789abcdef0`],
      externalId: 'ext-1',
    });
    stubEnvironment(aws.environment('instance'));
    const settings = { region: aws.region, accountId: aws.account, apiEndpoint: aws.api.origin, stsEndpoint: aws.sts.origin };
    const pull = aws.accounts.addRole(aws.account, 'pull', { actions: ['ecr:*'], trusts: ['system:serviceaccount:shop:web'] });
    const annotations = { 'eks.amazonaws.com/role-arn': pull };
    const token = aws.accounts.addWebIdentity('system:serviceaccount:shop:web');
    return {
      clock,
      url: new URL(aws.registry.origin),
      otherRepository: 'team/app-1',
      creating: {
        signIn: 'access-key',
        repositories: ['team/new', 'team/newer'],
        has: (name: string) => aws.content.repositories.has(name),
      },
      scoped: { 'access-key': { named: true, push: true }, 'assume-role': { named: true, push: true } },
      workload: {
        good: { token, annotations },
        bad: {
          'a token of nobody': { token: `${token.slice(0, -4)}AAAA`, annotations },
          'a service account that the role does not trust': {
            token: aws.accounts.addWebIdentity('system:serviceaccount:shop:other'),
            annotations,
          },
          'a token that has ended': { token: aws.accounts.addWebIdentity('system:serviceaccount:shop:web', -1), annotations },
          'no role': { token, annotations: { 'eks.amazonaws.com/role-arn': 'pull' } },
        },
      },
      deleting: {
        signIn: 'access-key',
        without: {
          signIn: 'access-key',
          fields: { ...settings, ...aws.accounts.addUser(aws.account, 'reader', ['ecr:GetAuthorizationToken', 'ecr:DescribeImages']) },
        },
      },
      secretEnds: { 'access-key': { secretAccessKey: undefined }, role: {}, 'assume-role': {} },
      signIns: {
        'access-key': { ...settings, ...user },
        role: settings,
        'assume-role': { ...settings, roleArn: target, externalId: 'ext-1' },
      },
      refused: {
        'access-key': { ...settings, ...user, secretAccessKey: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx' },
        'assume-role': { ...settings, roleArn: target, externalId: 'ext-2', ...user },
      },
      repository: 'team/app-0',
      tags: Array.from({ length: 34 }, (_, index) => `1.0.${index}`),
      repositories: Array.from({ length: 32 }, (_, index) => `team/app-${index}`),
      lifetime: 12 * 3600_000,
      async close() {
        vi.unstubAllEnvs();
        await aws.close();
      },
    };
  },
});

function fill(aws: FakeAws, repositories: number, tags: number, now: number): void {
  for (let i = 0; i < repositories; i++) aws.content.addRepository(`team/app-${i}`);
  for (let i = 0; i < tags; i++) aws.content.addTag('team/app-0', `1.0.${i}`, now - i * 1000);
}

function stubEnvironment(values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value === '' ? undefined : value);
}

describe('provider ecr, in particular', () => {
  let clock: FakeClock;
  let aws: FakeAws;
  let http: LoopbackHttp;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    aws = await startAws({ clock });
    http = new LoopbackHttp();
    stubEnvironment(aws.environment('none'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await aws.close();
  });

  function context(signIn: Record<string, unknown>, change: Record<string, unknown> = {}): CatalogContext {
    return {
      url: new URL(aws.registry.origin),
      settings: { region: aws.region, apiEndpoint: aws.api.origin, stsEndpoint: aws.sts.origin },
      signIn,
      http,
      clock,
      ...change,
    } as unknown as CatalogContext;
  }
  const keyOf = (user: { accessKeyId: string; secretAccessKey: string }) => ({ method: 'access-key', ...user });
  const failure = async (ctx: CatalogContext): Promise<unknown> =>
    provider.issueCredential(ctx).then(
      () => expect.unreachable('it was not refused'),
      (error: unknown) => error,
    );

  it('keeps the other tags of an image whose tag is deleted, and says what needs an image that cannot go', async () => {
    for (const tag of ['1.0', 'part']) aws.content.addTag('team/app', tag, clock.now());
    aws.content.addAlias('team/app', 'latest', '1.0');
    const ctx = context(keyOf(aws.accounts.addUser(aws.account, 'ci', ['ecr:*'])));
    const digestOf = (tag: string) => aws.content.repositories.get('team/app')?.get(tag)?.digest ?? '';
    await provider.deleteImage?.(ctx, 'team/app', { tag: '1.0' });
    expect([...(aws.content.repositories.get('team/app')?.keys() ?? [])]).toEqual(['part', 'latest']);
    aws.ecr.parts.add(digestOf('part'));
    await expect(provider.deleteImage?.(ctx, 'team/app', { digest: digestOf('part') })).rejects.toMatchObject({
      code: 'registry_unexpected_status',
      message: expect.stringContaining('ImageReferencedByManifestList'),
      context: { help: expect.stringContaining('index') },
    });
    await expect(provider.deleteImage?.(ctx, 'team/none', { tag: '1.0' })).rejects.toMatchObject({ code: 'registry_not_found' });
  });

  it('reads region and account from the URL', () => {
    expect(provider.inferSettings?.(new URL('https://123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com'))).toEqual({
      region: 'us-gov-west-1',
      accountId: '123456789012',
    });
    expect(provider.inferSettings?.(new URL('https://registry.example.com'))).toEqual({});
  });

  it.each([
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'https://api.ecr.eu-west-1.amazonaws.com'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'https://api.ecr.cn-north-1.amazonaws.com.cn'],
    ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'https://api.ecr-fips.us-gov-west-1.amazonaws.com'],
    ['123456789012.dkr-ecr.us-west-2.on.aws', 'https://ecr.us-west-2.api.aws'],
  ])('calls for %s the API at %s', async (host, api) => {
    vi.stubEnv('AWS_ENDPOINT_URL', undefined);
    const url = new URL(`https://${host}`);
    await failure(
      context(keyOf(aws.accounts.addUser(aws.account, 'ci', read)), { url, settings: { region: provider.inferSettings?.(url)['region'] } }),
    );
    // Refused by the test's connection, before any packet.
    expect(http.requests).toEqual([`POST ${api}/`]);
  });

  it('uses the role of a container', async () => {
    stubEnvironment(aws.environment('container'));
    aws.setMachineRole(aws.accounts.addRole(aws.account, 'task', { actions: read, trusts: [] }));
    await expect(provider.issueCredential(context({ method: 'role' }))).resolves.toMatchObject({ kind: 'basic', username: 'AWS' });
    expect(aws.metadata.calls.map(({ target }) => target)).toEqual(['/v1/credentials']);
  });

  it('uses the role of a service account (IRSA), asking STS through the registry’s own connection', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tagboat-irsa-'));
    const file = join(folder, 'token');
    await writeFile(file, aws.accounts.addWebIdentity('system:serviceaccount:tagboat:hub'));
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', file);
    vi.stubEnv('AWS_ROLE_ARN', aws.accounts.addRole(aws.account, 'irsa', { actions: read, trusts: ['system:serviceaccount:tagboat:hub'] }));
    try {
      await expect(provider.issueCredential(context({ method: 'role' }))).resolves.toMatchObject({ kind: 'basic', username: 'AWS' });
      expect(http.requests).toContain(`POST ${aws.sts.origin}/`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('asks the metadata service once for several calls, and again before the role’s keys end', async () => {
    stubEnvironment(aws.environment('instance'));
    aws.setMachineRole(aws.accounts.addRole(aws.account, 'node', { actions: read, trusts: [] }));
    const ctx = context({ method: 'role' });
    const sessions = () => aws.metadata.calls.filter(({ method }) => method === 'PUT').length;
    await Promise.all([provider.issueCredential(ctx), provider.issueCredential(ctx)]);
    await provider.issueCredential(ctx);
    expect(sessions()).toBe(1);
    await clock.advance(5 * 3600_000 + 56 * 60_000);
    await provider.issueCredential(ctx);
    expect(sessions()).toBe(2);
  });

  it('says that this machine has no role', async () => {
    const error = await failure(context({ method: 'role' }));
    expect(error).toMatchObject({ code: 'credential_unavailable', fault: 'hub' });
    expect(provider.explain?.(error, { signIn: 'role' })).toMatchObject({
      field: 'signIn',
      message: expect.stringContaining('no AWS role'),
    });
  });

  it('never sends the password of this machine’s role to a host that is not of ECR', async () => {
    stubEnvironment(aws.environment('instance'));
    aws.setMachineRole(aws.accounts.addRole(aws.account, 'node', { actions: read, trusts: [] }));
    for (const url of [
      'https://registry.evil.example',
      'https://123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.io',
      'http://127.0.0.1:1',
    ]) {
      await expect(provider.issueCredential(context({ method: 'role' }, { url: new URL(url) }))).rejects.toMatchObject({
        code: 'invalid_settings',
        fields: [{ field: 'url' }],
      });
    }
    const url = new URL('https://123456789012.dkr.ecr.eu-west-1.amazonaws.com');
    await expect(provider.issueCredential(context({ method: 'role' }, { url }))).resolves.toMatchObject({ kind: 'basic' });
  });

  it('explains a key that AWS does not know', async () => {
    const user = aws.accounts.addUser(aws.account, 'ci', read);
    aws.accounts.removeKey(user.accessKeyId);
    const error = await failure(context(keyOf(user)));
    expect(error).toMatchObject({ code: 'credential_refused', context: { awsCode: 'InvalidClientTokenId' } });
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({ field: 'fields.accessKeyId' });
  });

  it('explains temporary keys that have ended', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = aws.accounts.issue(`arn:aws:iam::${aws.account}:role/x`, 's', read, 900);
    await clock.advance(901_000);
    const error = await failure(context({ method: 'access-key', accessKeyId, secretAccessKey, sessionToken }));
    expect(error).toMatchObject({ code: 'credential_refused', context: { awsCode: 'ExpiredToken' } });
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({ field: 'fields.sessionToken' });
  });

  it('wants the session token of a temporary key before it asks AWS', async () => {
    const { accessKeyId, secretAccessKey } = aws.accounts.issue(`arn:aws:iam::${aws.account}:role/x`, 's', read, 900);
    expect(await failure(context({ method: 'access-key', accessKeyId, secretAccessKey }))).toMatchObject({
      fields: [{ field: 'fields.sessionToken' }],
    });
    expect(http.requests).toEqual([]);
  });

  it('lets no session token out of what AWS says of a wrong signature', async () => {
    const { accessKeyId, sessionToken } = aws.accounts.issue(`arn:aws:iam::${aws.account}:role/x`, 's', read, 900);
    const secretAccessKey = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx';
    const error = await failure(context({ method: 'access-key', accessKeyId, secretAccessKey, sessionToken }));
    expect(error).toMatchObject({ context: { awsCode: 'SignatureDoesNotMatch' } });
    expect(provider.explain?.(error, { signIn: 'access-key' })).toMatchObject({ field: 'fields.secretAccessKey' });
    expect(inspect(error, { depth: 10 })).not.toContain(sessionToken);
    expect(inspect(error, { depth: 10 })).not.toContain('Canonical');
  });

  it.each([
    ['registry_denied', 'User: arn:aws:iam::1:user/ci is not authorized to perform: ecr:BatchGetImage on resource: x', 'ecr:BatchGetImage'],
    ['registry_denied', 'Your authorization token has expired. Reauthenticate and try again.', 'twelve hours'],
  ])('explains what the registry itself refuses: %s, %s', (code, message, expected) => {
    const error = new RegistryError('refused', {
      code,
      method: 'GET',
      url: 'https://x',
      status: 403,
      errors: [{ code: 'DENIED', message }],
    });
    expect(provider.explain?.(error, { signIn: 'access-key' })?.message).toContain(expected);
  });

  it('recognises a registry behind a name of one’s own', () => {
    expect(provider.recognises?.({ service: 'ecr.amazonaws.com', headers: {} })).toBe(true);
  });

  it('names the action that a policy lacks', async () => {
    const error = await failure(context(keyOf(aws.accounts.addUser(aws.account, 'ci', []))));
    expect(error).toMatchObject({ context: { awsCode: 'AccessDenied', action: 'ecr:GetAuthorizationToken' } });
    expect(provider.explain?.(error, { signIn: 'access-key' })?.message).toContain('ecr:GetAuthorizationToken');
  });

  it('explains a role that does not trust the caller', async () => {
    const user = aws.accounts.addUser(aws.account, 'ci', read);
    const roleArn = aws.accounts.addRole(aws.account, 'other', { actions: read, trusts: [] });
    const error = await failure(context({ method: 'assume-role', roleArn, ...user }));
    expect(error).toMatchObject({ code: 'credential_refused', context: { service: 'AWS STS', awsCode: 'AccessDenied' } });
    expect(provider.explain?.(error, { signIn: 'assume-role' })).toMatchObject({ field: 'fields.roleArn' });
  });

  it('corrects a wrong clock by AWS’ own', async () => {
    await aws.close();
    aws = await startAws({ clock: new FakeClock(clock.now() + 3600_000) });
    const ctx = context(keyOf(aws.accounts.addUser(aws.account, 'ci', read)));
    const issued = provider.issueCredential(ctx);
    await settle(clock);
    await expect(issued).resolves.toMatchObject({ kind: 'basic' });
  });

  it('repeats what AWS throttles, with the hub’s clock, and gives up in the end', async () => {
    const ctx = context(keyOf(aws.accounts.addUser(aws.account, 'ci', read)));
    aws.ecr.throttle(3);
    const issued = provider.issueCredential(ctx);
    await settle(clock);
    await expect(issued).resolves.toMatchObject({ kind: 'basic' });
    aws.ecr.throttle(99);
    const refused = failure(ctx);
    await settle(clock);
    expect(await refused).toMatchObject({ code: 'credential_unavailable' });
  });

  it('tells digest, size, time and several tags of one image, of the account of the URL', async () => {
    aws.content.addTag('app', '1.0', clock.now());
    const entry = aws.content.repositories.get('app')?.get('1.0');
    if (entry) aws.content.repositories.get('app')?.set('latest', entry);
    const settings = { region: aws.region, apiEndpoint: aws.api.origin, accountId: aws.account };
    const ctx = context(keyOf(aws.accounts.addUser(aws.account, 'ci', read)), { settings });
    const pages = await Array.fromAsync(provider.listTags?.(ctx, 'app') ?? []);
    expect(pages).toEqual([
      {
        items: ['1.0', 'latest'].map((name) =>
          expect.objectContaining({ name, digest: entry?.digest, size: 12_345, pushedAt: expect.closeTo(clock.now(), -1) }),
        ),
      },
    ]);
    expect(JSON.parse(aws.api.calls.at(-1)?.body ?? '')).toEqual({
      registryId: aws.account,
      repositoryName: 'app',
      filter: { tagStatus: 'TAGGED' },
      maxResults: 1000,
    });
  });

  it('lists only what is below the namespace', async () => {
    for (const name of ['team/a', 'team/b', 'teams/c', 'other/d']) aws.content.addRepository(name);
    const ctx = context(keyOf(aws.accounts.addUser(aws.account, 'ci', read)), { namespace: 'team' });
    const pages = await Array.fromAsync(provider.listRepositories?.(ctx) ?? []);
    expect(pages.flatMap(({ items }) => items.map(({ name }) => name))).toEqual(['team/a', 'team/b']);
  });

  /** Lets sleepers sleep out, as often as there are new ones. */
  async function settle(clock: FakeClock): Promise<void> {
    for (let quiet = 0; quiet < 100; quiet++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (clock.sleeping > 0) {
        await clock.advance(5000);
        quiet = 0;
      }
    }
  }
});
