import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeAws, LoopbackHttp, startAws } from '../../testing/clouds/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { parseAwsSecretReference, readAwsSecret } from './aws-secrets-manager.ts';

const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/registry-a1B2c3';
const password = 'hunter2-of-the-registry';

describe('parseAwsSecretReference', () => {
  it.each([
    ['eu-west-1/prod/registry', { region: 'eu-west-1', id: 'prod/registry' }],
    ['us-gov-west-1/registry#password', { region: 'us-gov-west-1', id: 'registry', field: 'password' }],
    [`${arn}#token`, { region: 'eu-west-1', id: arn, field: 'token' }],
    [arn.replaceAll('aws:', 'aws-cn:').replace('eu-west-1', 'cn-north-1'), expect.objectContaining({ region: 'cn-north-1' })],
  ])('reads %s', (text, expected) => {
    expect(parseAwsSecretReference(text)).toEqual(expected);
  });

  it.each([
    '',
    'prod/registry',
    'eu-west-1',
    'eu-west-1/',
    'eu-west-1.evil.example/x',
    'EU-WEST-1/x',
    'eu-west-1/a b',
    'eu-west-1/a?b=c',
    'arn:aws:s3:::bucket',
    'arn:aws:secretsmanager:evil.example:123456789012:secret:x',
    'arn:aws-cn:secretsmanager:eu-west-1:123456789012:secret:x',
    'arn:aws:secretsmanager:eu-west-1:1234:secret:x',
    `eu-west-1/${'x'.repeat(600)}`,
  ])('does not take %s, and says what it takes', (text) => {
    expect(() => parseAwsSecretReference(text)).toThrow(/region and a name.*aws-sm:eu-west-1\/prod\/registry#password/);
  });
});

describe('readAwsSecret', () => {
  let clock: FakeClock;
  let aws: FakeAws;
  let http: LoopbackHttp;

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    aws = await startAws({ clock });
    http = new LoopbackHttp();
    aws.secretsManager.secrets.set('prod/registry', JSON.stringify({ username: 'ci', password, port: 5000, key: { type: 'x' } }));
    aws.secretsManager.secrets.set('plain', password);
    machine(['secretsmanager:GetSecretValue']);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await http.close();
    await aws.close();
  });

  function machine(actions: readonly string[] | undefined): void {
    const environment = aws.environment(actions ? 'instance' : 'none');
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value === '' ? undefined : value);
    aws.setMachineRole(actions && aws.accounts.addRole(aws.account, 'hub', { actions, trusts: [] }));
  }

  const endpoints = () => ({ secretsmanager: aws.secrets.origin, sts: aws.sts.origin });
  const read = async (text: string, signal?: AbortSignal) =>
    (await readAwsSecret(parseAwsSecretReference(text), { http, endpoints: endpoints(), clock, ...(signal && { signal }) })).reveal();
  const failure = (text: string): Promise<Error> =>
    read(text).then(
      () => expect.unreachable('it was read'),
      (error: Error) => error,
    );

  it('reads all of a secret, by name and by ARN, with a signature that the fake checks', async () => {
    expect(await read('eu-west-1/plain')).toBe(password);
    expect(JSON.parse(await read(aws.secretsManager.arnOf('prod/registry')))).toMatchObject({ password });
    expect(aws.secrets.calls[0]?.headers).toMatchObject({
      'x-amz-target': 'secretsmanager.GetSecretValue',
      'x-amz-security-token': expect.any(String),
    });
  });

  it('reads one field of its JSON, also one that is no text', async () => {
    expect(await read('eu-west-1/prod/registry#password')).toBe(password);
    expect(await read('eu-west-1/prod/registry#port')).toBe('5000');
    expect(await read('eu-west-1/prod/registry#key')).toBe('{"type":"x"}');
  });

  it('reads what was stored as bytes, if they are text', async () => {
    aws.secretsManager.secrets.set('bytes', Buffer.from('{"a":"ü"}'));
    aws.secretsManager.secrets.set('noise', Uint8Array.of(0xff, 0xfe, 0x00));
    expect(await read('eu-west-1/bytes#a')).toBe('ü');
    expect(await failure('eu-west-1/noise')).toMatchObject({
      code: 'credential_source_failed',
      message: expect.stringContaining('no text'),
    });
  });

  it('sends to the region’s own endpoint when nothing stands in for it', async () => {
    const reference = parseAwsSecretReference('cn-north-1/x');
    await expect(readAwsSecret(reference, { http, endpoints: { sts: aws.sts.origin }, clock })).rejects.toThrow();
    // Refused by the test's connection, before any packet.
    expect(http.requests).toContain('POST https://secretsmanager.cn-north-1.amazonaws.com.cn/');
  });

  it.each([
    ['eu-west-1/missing', /no such secret.*eu-west-1\. Check region and name/],
    ['eu-west-1/prod/registry#pass', /no field pass in .*It has: username, password, port, key\./],
    ['eu-west-1/plain#password', /not a JSON object\. Leave out #password/],
    ['eu-west-1/prod/registry#__proto__', /no field __proto__/],
  ])('says of %s what is wrong, and nothing of what it holds', async (text, words) => {
    const error = await failure(text);
    expect(error).toMatchObject({ code: 'credential_source_failed', message: expect.stringMatching(words) });
    expect(inspect(error, { depth: 10 })).not.toContain(password);
  });

  it('says that a secret is marked for deletion', async () => {
    aws.secretsManager.deleted.add('plain');
    expect(await failure('eu-west-1/plain')).toMatchObject({ message: expect.stringContaining('marked for deletion') });
  });

  it('names the action that the role lacks', async () => {
    machine(['ecr:*']);
    expect(await failure('eu-west-1/plain')).toMatchObject({
      code: 'credential_source_failed',
      message: expect.stringContaining('secretsmanager:GetSecretValue'),
    });
  });

  it('says that this machine has no identity', async () => {
    machine(undefined);
    expect(await failure('eu-west-1/plain')).toMatchObject({ code: 'credential_unavailable', fault: 'hub' });
    expect(aws.secrets.calls).toEqual([]);
  });

  it('signs by AWS’ time when this machine’s clock is ten minutes off', async () => {
    await aws.close();
    aws = await startAws({ clock: new FakeClock(clock.now() + 600_000) });
    aws.secretsManager.secrets.set('plain', password);
    machine(['secretsmanager:GetSecretValue']);
    expect(await read('eu-west-1/plain')).toBe(password);
  });

  it('is cancelled', async () => {
    await expect(read('eu-west-1/plain', AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});
