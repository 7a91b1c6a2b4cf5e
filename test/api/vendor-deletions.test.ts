import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type FakeAws, type FakeGitHub, startAws, startGitHub } from '../../src/testing/clouds/index.ts';
import { startTestHub, type TestHub } from './harness.ts';

const account = { accessKeyId: '', secretAccessKey: '' };
const token = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
let test: TestHub;
let aws: FakeAws;
let github: FakeGitHub;

beforeAll(async () => {
  [aws, github] = await Promise.all([
    startAws(),
    startGitHub({ tokens: { [token]: { login: 'octocat', scopes: ['read:packages', 'delete:packages'] } }, organizations: ['acme'] }),
  ]);
  for (const [name, value] of Object.entries(aws.environment('none'))) vi.stubEnv(name, value === '' ? undefined : value);
  Object.assign(account, aws.accounts.addUser(aws.account, 'ci', ['ecr:*']));
  test = await startTestHub();
  const now = Date.now();
  for (const tag of ['1', '2', '3']) {
    aws.content.addTag('shop/api', tag, now);
    github.content.addTag('acme/api', tag, now);
  }
  aws.content.addAlias('shop/api', 'latest', '3');
  github.content.addAlias('acme/api', 'latest', '3');
  const settings = { region: aws.region, accountId: aws.account, apiEndpoint: aws.api.origin, stsEndpoint: aws.sts.origin };
  await add({ name: 'ecr', provider: 'ecr', url: aws.registry.origin, signIn: 'access-key', fields: { ...settings, ...account } });
  const fields = { username: 'octocat', token, apiUrl: github.api.origin };
  await add({ name: 'ghcr', provider: 'ghcr', url: github.registry.origin, signIn: 'token', fields });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([test?.close(), aws?.close(), github?.close()]);
});

const post = (path: string, payload: object) => test.request({ method: 'POST', url: `/api/v1${path}`, payload, as: test.administrator });
async function add(registry: object): Promise<void> {
  const answer = await post('/registries', { ...registry, connection: { tls: 'plain' } });
  if (answer.statusCode !== 201) throw new Error(answer.body);
}
async function outcomes(registry: string, repository: string, references: readonly string[]) {
  const answer = await post(`/registries/${registry}/repositories/${encodeURIComponent(repository)}/deletions`, { references });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  const { items } = answer.json<{ items: { tags: string[]; manifest: boolean; outcome: string; failure?: { code: string } }[] }>();
  return items.map(({ tags, manifest, outcome, failure }) => [tags, manifest, outcome, failure?.code].filter((part) => part !== undefined));
}
const left = (cloud: FakeAws | FakeGitHub, repository: string) => [...(cloud.content.repositories.get(repository)?.keys() ?? [])];

it('deletes at Amazon ECR by its own API: a tag of two, and an image with its last tag', async () => {
  expect(await outcomes('ecr', 'shop/api', ['latest', '2'])).toEqual([
    [['latest'], false, 'deleted'],
    [['2'], true, 'deleted'],
  ]);
  expect(left(aws, 'shop/api')).toEqual(['1', '3']);
  const deletions = aws.api.calls.filter(({ headers }) => headers['x-amz-target']?.endsWith('.BatchDeleteImage'));
  expect(deletions).toHaveLength(2);
});

it('deletes whole images at GitHub, and refuses a single tag of several', async () => {
  expect(await outcomes('ghcr', 'acme/api', ['latest', '1'])).toEqual([
    [['latest'], false, 'failed', 'unsupported'],
    [['1'], true, 'deleted'],
  ]);
  expect(left(github, 'acme/api')).toEqual(['2', '3', 'latest']);
  expect(await outcomes('ghcr', 'acme/api', ['latest', '3'])).toEqual([[['latest', '3'], true, 'deleted']]);
  expect(await outcomes('ghcr', 'acme/api', ['2'])).toEqual([[['2'], true, 'failed', 'unsupported']]);
  expect(left(github, 'acme/api')).toEqual(['2']);
});
