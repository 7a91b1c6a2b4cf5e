import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { FieldDescription, Provider } from '../sdk/index.ts';
import { UsageError } from './errors.ts';
import { addProviderFlags, chooseSignIn, kebab, parsePairs, readProviderFlags } from './provider-flags.ts';

const field = (name: string, more: Partial<FieldDescription> = {}): FieldDescription => ({
  name,
  label: name,
  required: true,
  secret: false,
  multiline: false,
  advanced: false,
  type: 'text',
  ...more,
});

const provider = (id: string, fields: FieldDescription[], signIn: Provider['signIn']): Provider => ({
  id,
  title: id.toUpperCase(),
  icon: '',
  docs: '',
  url: { label: 'URL', example: '' },
  fields,
  signIn,
  traits: { catalog: 'registry', createRepository: false, referrers: 'api', delete: 'manifest', mount: true, maxPageSize: 1000 },
});

const ecr = provider(
  'ecr',
  [field('region', { example: 'eu-west-1' })],
  [
    { method: 'keys', title: 'Access key', fields: [field('accessKeyId'), field('secretAccessKey', { secret: true })] },
    { method: 'role', title: "This machine's role", fields: [] },
    { method: 'assume-role', title: 'Assume a role', fields: [field('roleArn')] },
  ],
);
const generic = provider(
  'generic',
  [],
  [
    { method: 'password', title: 'Password', fields: [field('username'), field('password', { secret: true })] },
    { method: 'anonymous', title: 'No sign-in', fields: [] },
  ],
);

function parse(argv: string[], providers: Provider[] = [ecr, generic]): ReturnType<typeof readProviderFlags> {
  const command = new Command('add')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option('--password-stdin')
    .action(() => {});
  const derived = addProviderFlags(command, providers, new Set(['--password-stdin', '--help']));
  command.parse(argv, { from: 'user' });
  return readProviderFlags(command, derived);
}

describe('derived flags', () => {
  it('exist for every field and way of signing in', () => {
    expect(parse(['--region', 'eu-west-1', '--role'])).toEqual({ fields: { region: 'eu-west-1' }, methods: ['role'], stdin: [] });
    expect(parse(['--access-key-id', 'AKIA', '--secret-access-key-stdin'])).toEqual({
      fields: { accessKeyId: 'AKIA' },
      methods: [],
      stdin: ['secretAccessKey'],
    });
    expect(parse(['--anonymous']).methods).toEqual(['anonymous']);
  });

  it('never take the value of a secret, nor lead to it', () => {
    for (const flag of ['--secret-access-key', '--password', '--keys']) expect(() => parse([flag, 'x'])).toThrow();
  });

  it('leave what the command has itself', () => {
    expect(parse(['--password-stdin'])).toEqual({ fields: {}, methods: [], stdin: [] });
  });

  it('turn names into words', () => expect(kebab('accessKeyId')).toBe('access-key-id'));
});

describe('chooseSignIn', () => {
  it('takes the first way that has all the fields', () => {
    expect(chooseSignIn(ecr, [], []).method).toBe('keys');
    expect(chooseSignIn(ecr, [], ['region', 'roleArn']).method).toBe('assume-role');
    expect(chooseSignIn(ecr, ['role'], ['region']).method).toBe('role');
  });

  it('says what it could be instead', () => {
    expect(() => chooseSignIn(ecr, [], ['username'])).toThrow('ECR has no setting called “username”');
    expect(() => chooseSignIn(ecr, ['magic'], [])).toThrow('no way of signing in called “magic”');
    expect(() => chooseSignIn(ecr, ['role', 'keys'], [])).toThrow('Two ways of signing in');
    expect(() => chooseSignIn(ecr, [], ['accessKeyId', 'roleArn'])).toThrow(UsageError);
  });
});

describe('parsePairs', () => {
  it('splits at the first equals sign', () => {
    expect([...parsePairs(['a=b=c', 'd='], '--field', 'a=b')]).toEqual([
      ['a', 'b=c'],
      ['d', ''],
    ]);
  });
  it.each([[['a']], [['=b']], [['a=1', 'a=2']]])('refuses %j', (texts) =>
    expect(() => parsePairs(texts, '--field', 'a=b')).toThrow(UsageError),
  );
});
