import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CredentialError, RegistryError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import type { CatalogContext, CredentialScope } from '../../provider/define.ts';
import { issueError } from '../../provider/identity/aws-errors.ts';
import { checkFields } from '../../provider/settings.ts';
import { type FakeAws, LoopbackHttp, startAws } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { provider } from '../ecr.ts';
import { sessionPolicy } from './ecr-scope.ts';
import { explainAws } from './explain.ts';

const scope: CredentialScope = { repositories: ['team/app'], push: false, lifetime: 1800_000 };

describe('sessionPolicy', () => {
  const of = (change: Partial<CredentialScope>, place = {}) =>
    JSON.parse(sessionPolicy({ region: 'eu-west-1', account: '123456789012', ...place }, { ...scope, ...change })) as {
      Statement: { Action: string | string[]; Resource: string | string[] }[];
    };

  it('allows a password, and on the repositories that are named what pulling takes', () => {
    expect(of({})).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
        {
          Effect: 'Allow',
          Action: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage', 'ecr:ListImages'],
          Resource: ['arn:aws:ecr:eu-west-1:123456789012:repository/team/app'],
        },
      ],
    });
    expect(of({ push: true }).Statement[1]?.Action).toEqual(expect.arrayContaining(['ecr:PutImage', 'ecr:InitiateLayerUpload']));
    expect(JSON.stringify(of({ push: true }))).not.toMatch(/Delete|Create|ecr:\*/);
  });

  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['ap-south-2', 'aws'],
  ])('writes ARNs of %s in the partition %s', (region, partition) => {
    expect(of({}, { region }).Statement[1]?.Resource).toEqual([`arn:${partition}:ecr:${region}:123456789012:repository/team/app`]);
  });

  it('means the whole registry, or its namespace, when no repository is named', () => {
    expect(of({ repositories: [] }).Statement[1]?.Resource).toEqual(['arn:aws:ecr:eu-west-1:123456789012:repository/*']);
    expect(of({ repositories: [] }, { namespace: 'team' }).Statement[1]?.Resource).toEqual([
      'arn:aws:ecr:eu-west-1:123456789012:repository/team/*',
    ]);
  });

  it.each(['*', 'team/*', 'team/ap?', '${aws:username}', '../x', 'a"b'])('does not take %s for a name', (name) => {
    expect(() => of({ repositories: [name] })).toThrow(expect.objectContaining({ code: 'invalid_reference' }));
    expect(() => of({ repositories: [] }, { namespace: name })).toThrow(expect.objectContaining({ code: 'invalid_reference' }));
  });
});

describe('provider ecr, issuing for others', () => {
  let clock: FakeClock;
  let aws: FakeAws;
  let http: LoopbackHttp;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    aws = await startAws({ clock });
    aws.content.addTag('team/app', '1', clock.now());
    http = new LoopbackHttp();
    for (const [name, value] of Object.entries(aws.environment('instance'))) vi.stubEnv(name, value === '' ? undefined : value);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await aws.close();
  });

  const all = ['ecr:*', 'sts:AssumeRole', 'sts:GetFederationToken'];
  const user = (actions: readonly string[] = all) => ({ method: 'access-key', ...aws.accounts.addUser(aws.account, 'ci', actions) });
  function context(signIn: Record<string, unknown>, settings: Record<string, unknown> = {}): CatalogContext {
    const base = { region: aws.region, accountId: aws.account, apiEndpoint: aws.api.origin, stsEndpoint: aws.sts.origin };
    return { url: new URL(aws.registry.origin), settings: { ...base, ...settings }, signIn, http, clock } as unknown as CatalogContext;
  }
  const scoped = async (signIn: Record<string, unknown>, change: Partial<CredentialScope> = {}): Promise<Credential | undefined> =>
    provider.issueScoped?.(context(signIn), { ...scope, ...change });
  const lastSts = () => new URLSearchParams(aws.sts.calls.at(-1)?.body);

  it('asks for a guest of the user, for as long as is wanted and AWS allows', async () => {
    const key = user();
    const credential = await scoped(key);
    expect(credential?.expiresAt).toBe(clock.now() + 1800_000);
    expect(Object.fromEntries(lastSts())).toMatchObject({ Action: 'GetFederationToken', Name: 'tagboat', DurationSeconds: '1800' });
    await scoped(key, { lifetime: 1 });
    expect(lastSts().get('DurationSeconds')).toBe('900');
    await scoped(key, { lifetime: 365 * 86_400_000 });
    expect(lastSts().get('DurationSeconds')).toBe('43200');
  });

  it('assumes the role once more, with the policy, and with the machine’s own role beneath it', async () => {
    aws.setMachineRole(aws.accounts.addRole(aws.account, 'node', { actions: all, trusts: [] }));
    const roleArn = aws.accounts.addRole(aws.account, 'tagboat', {
      actions: ['ecr:*'],
      trusts: [`arn:aws:sts::${aws.account}:assumed-role/node/i-0123456789abcdef0`],
    });
    const credential = await scoped({ method: 'assume-role', roleArn }, { lifetime: 9 * 3600_000 });
    expect(credential?.expiresAt).toBe(clock.now() + 3600_000);
    expect(Object.fromEntries(lastSts())).toMatchObject({ Action: 'AssumeRole', DurationSeconds: '3600', RoleArn: roleArn });
  });

  it.each<[string, () => Record<string, unknown>, Partial<CredentialScope>]>([
    ['keys that are temporary', () => ({ method: 'access-key', ...aws.accounts.issue(`arn:aws:iam::1:role/x`, 's', all, 900) }), {}],
    ['the machine’s own role', () => ({ method: 'role' }), {}],
    ['a user who may have no guests', () => user(['ecr:*']), {}],
    [
      'more repositories than a policy holds',
      () => user(),
      { repositories: Array.from({ length: 60 }, (_, i) => `team/application-${i}`) },
    ],
  ])('issues none for %s', async (_who, signIn, change) => {
    expect(await scoped(signIn(), change)).toBeUndefined();
  });

  it('issues none where nobody knows whose repositories are meant', async () => {
    expect(await provider.issueScoped?.(context(user(), { accountId: undefined }), scope)).toBeUndefined();
  });

  it('signs by AWS’ time when this machine’s clock is ten minutes off', async () => {
    await aws.close();
    aws = await startAws({ clock: new FakeClock(clock.now() - 600_000) });
    await expect(scoped(user())).resolves.toMatchObject({ username: 'AWS' });
  });

  it('explains a wrong secret, and keeps what AWS says of it to itself', async () => {
    const secretAccessKey = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx';
    const error: unknown = await scoped({ ...user(), secretAccessKey }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'credential_refused', context: { awsCode: 'SignatureDoesNotMatch' } });
    expect(explainAws(error, 'access-key')).toMatchObject({ field: 'fields.secretAccessKey' });
    expect(inspect(error, { depth: 10 })).not.toMatch(/Canonical|wJalr/);
  });

  describe('for a service account', () => {
    const subject = 'system:serviceaccount:shop:web';
    const role = (name: string) => aws.accounts.addRole(aws.account, name, { actions: ['ecr:*'], trusts: [subject] });
    const issue = (annotations: Record<string, string>, url?: string) => {
      const ctx = context({ method: 'role' });
      const workload = { token: aws.accounts.addWebIdentity(subject), annotations };
      return provider.issueForWorkload?.(url === undefined ? ctx : { ...ctx, url: new URL(url) }, workload);
    };

    it('uses neither the machine’s role nor a stored key, and prefers the annotation for pulling', async () => {
      aws.setMachineRole(role('node'));
      const [pull, pod] = [role('pull'), role('pod')];
      await issue({ 'eks.amazonaws.com/role-arn': pod, 'eks.amazonaws.com/ecr-role-arn': pull });
      expect(lastSts().get('RoleArn')).toBe(pull);
      expect(aws.sts.calls[0]?.headers['authorization']).toBeUndefined();
      expect(aws.metadata.calls).toEqual([]);
      await issue({ 'eks.amazonaws.com/role-arn': pod });
      expect(lastSts().get('RoleArn')).toBe(pod);
    });

    it('sends nothing to a host that is not of ECR', async () => {
      await expect(issue({ 'eks.amazonaws.com/role-arn': role('pull') }, 'https://registry.evil.example')).rejects.toMatchObject({
        code: 'invalid_settings',
      });
    });

    it('keeps to itself what AWS quotes of a token that it does not take', async () => {
      const token = `eyJ${'secretpart'.repeat(2100)}`;
      const annotations = { 'eks.amazonaws.com/role-arn': role('pull') };
      const error: unknown = await provider
        .issueForWorkload?.(context({ method: 'role' }), { token, annotations })
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'credential_refused', message: expect.stringContaining("at 'webIdentityToken'") });
      expect(inspect(error, { depth: 10 })).not.toContain('secretpart');
    });

    it('ends with the session where that is before the password', async () => {
      const credential = await issue({ 'eks.amazonaws.com/role-arn': role('pull') });
      expect(credential?.expiresAt).toBe(clock.now() + 3600_000);
    });
  });

  describe('making repositories', () => {
    const create = (signIn: Record<string, unknown>, name = 'team/app') => provider.createRepository?.(context(signIn), name);

    it('tells who may make none that a repository is there', async () => {
      expect(await create(user(['ecr:DescribeRepositories']))).toBe('exists');
      const error: unknown = await create(user(['ecr:DescribeRepositories']), 'team/other')?.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'registry_denied', context: { action: 'ecr:CreateRepository' } });
      expect(explainAws(error, 'access-key')?.message).toContain('ecr:CreateRepository');
    });

    it('makes it in the account that is named', async () => {
      await create(user(), 'team/new');
      expect(JSON.parse(aws.api.calls.at(-1)?.body ?? '')).toEqual({ registryId: aws.account, repositoryName: 'team/new' });
    });

    it('says what AWS says of a name that it does not take', async () => {
      await expect(create(user(), 'Team--x')).rejects.toMatchObject({ code: 'registry_unexpected_status' });
    });
  });
});

describe('what people paste for ECR', () => {
  const url = new URL('https://123456789012.dkr.ecr.eu-west-1.amazonaws.com');
  const good = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  const check = (fields: Record<string, string>) => checkFields(provider, { signIn: 'access-key', fields, url });

  it('is taken with blanks and line ends around it', () => {
    const { settings, secrets } = check({ accessKeyId: `  ${good.accessKeyId}\n`, secretAccessKey: `\t${good.secretAccessKey}\r\n` });
    expect(settings['accessKeyId']).toBe(good.accessKeyId);
    expect(secrets['secretAccessKey']).toBe(good.secretAccessKey);
  });

  it.each([
    ['swapped', { accessKeyId: good.secretAccessKey, secretAccessKey: good.accessKeyId }, 'fields.secretAccessKey', /swapped/],
    ['a region by its title', { ...good, region: 'Ireland' }, 'fields.region', /eu-west-1/],
    ['a key with a blank inside', { ...good, secretAccessKey: 'wJalrXUtnFEMI K7MDENG' }, 'fields.secretAccessKey', /without blanks/],
  ])('is refused at its field: %s', (_what, fields, field, words) => {
    expect(() => check(fields)).toThrow(
      expect.objectContaining({ fields: expect.arrayContaining([{ field, message: expect.stringMatching(words) }]) }),
    );
  });
});

describe('explainAws', () => {
  const said = (name: string, message: string) => issueError(Object.assign(new Error(message), { name }), 'Amazon ECR');

  it('says that it is the clock', () => {
    const error = said(
      'InvalidSignatureException',
      'Signature expired: 20261121T060000Z is now earlier than 20261121T060500Z (20261121T061000Z - 5 min.)',
    );
    expect(explainAws(error, 'access-key')?.message).toContain('clock');
  });

  it('says that it is the region', () => {
    const error = said('InvalidSignatureException', "Credential should be scoped to a valid region, not 'us-east-1'.");
    expect(explainAws(error, 'access-key')).toMatchObject({ message: expect.stringContaining('another region'), field: 'fields.region' });
    const unknown = new CredentialError('no such host', { code: 'dns_not_found', context: { host: 'api.ecr.eu-wset-1.amazonaws.com' } });
    expect(explainAws(unknown, 'access-key')).toMatchObject({ field: 'fields.region' });
  });

  it('says that there are too many repositories', () => {
    const error = new RegistryError('refused', {
      code: 'registry_unexpected_status',
      method: 'POST',
      url: 'https://x',
      context: { awsCode: 'LimitExceededException' },
    });
    expect(explainAws(error, 'access-key')?.help).toContain('quota');
  });
});
