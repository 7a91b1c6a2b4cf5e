import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { type Answer, type Call, type FakeService, serve } from './serve.ts';
import { TencentPlaces, TencentRefusal as Refusal, TencentServiceAccounts } from './tencent-places.ts';
import { tokenRegistry } from './token-registry.ts';

export interface TencentKeyRecord {
  secretKey: string;
  /** Of temporary keys. */
  sessionToken?: string;
  /** Actions that the key's policy lacks. */
  denied?: readonly string[];
}

export interface TencentInstance {
  name: string;
  region: string;
  domain: string;
}

export interface TencentOptions {
  clock?: Clock;
  /** SecretId → key. */
  keys?: Record<string, TencentKeyRecord>;
  /** Registry id → instance. */
  instances?: Record<string, TencentInstance>;
  /** User → password of the registry: access credentials of Enterprise, the account's of Personal. */
  passwords?: Record<string, string>;
}

/** A fake Tencent Cloud on loopback: API `tcr` and the registry of one instance. */
export interface FakeTencent {
  content: CloudContent;
  api: FakeService;
  registry: FakeService;
  keys: Record<string, TencentKeyRecord>;
  instances: Record<string, TencentInstance>;
  /** Namespaces and repositories, and what they are made by. */
  places: TencentPlaces;
  accounts: TencentServiceAccounts;
  /** The next calls of the API are refused for their number. */
  throttle(calls: number): void;
  close(): Promise<void>;
}

const maxPage = 100;
const passwordLifetime = 3600_000;
const maxSkew = 300;

export async function startTencent(options: TencentOptions = {}): Promise<FakeTencent> {
  const { clock = systemClock, keys = {}, instances = {}, passwords = {} } = options;
  const content = new CloudContent();
  const places = new TencentPlaces(content);
  const accounts = new TencentServiceAccounts(clock, places);
  const issued = new Map<string, number>();
  let throttled = 0;

  function answerApi(call: Call): Answer {
    try {
      return { status: 200, body: { Response: { ...handle(call), RequestId: 'b5f3a2e0' } } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: 200, body: { Response: { Error: { Code: error.code, Message: error.message }, RequestId: 'b5f3a2e0' } } };
    }
  }

  function handle(call: Call): Record<string, unknown> {
    const action = call.headers['x-tc-action'] ?? '';
    if (throttled > 0) {
      throttled--;
      throw new Refusal(
        'RequestLimitExceeded',
        'Your current request times equals to 21 in a second, which exceeds the frequency limit 20.',
      );
    }
    if (call.headers['x-tc-version'] !== '2019-09-24') throw new Refusal('NoSuchVersion', 'The version does not exist.');
    authorise(call, action);
    const body = JSON.parse(call.body) as Record<string, unknown>;
    switch (action) {
      case 'DescribeInstances':
        return describeInstances(call, body);
      case 'CreateInstanceToken':
        instanceOf(call, body);
        return createToken();
      case 'DescribeRepositories':
        instanceOf(call, body);
        return describeRepositories(body);
      case 'DescribeImages':
        instanceOf(call, body);
        return describeImages(body);
      case 'DescribeRepositoryOwnerPersonal':
        return personalRepositories(body);
      case 'DescribeImagePersonal':
        return personalImages(body);
      case 'DescribeNamespaces':
      case 'CreateNamespace':
      case 'CreateRepository':
        instanceOf(call, body);
        return places.answer(action, body);
      case 'DescribeServiceAccounts':
      case 'CreateServiceAccount':
      case 'DeleteServiceAccount':
        instanceOf(call, body);
        return accounts.answer(action, body);
      case 'DescribeNamespacePersonal':
      case 'CreateNamespacePersonal':
      case 'ValidateRepositoryExistPersonal':
      case 'CreateRepositoryPersonal':
        return places.answer(action, body);
      default:
        throw new Refusal('InvalidAction', 'The action does not exist.');
    }
  }

  function authorise(call: Call, action: string): void {
    const match =
      /^TC3-HMAC-SHA256 Credential=([^/]+)\/([\d-]+)\/tcr\/tc3_request, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$/.exec(
        call.headers['authorization'] ?? '',
      );
    if (!match) throw new Refusal('AuthFailure.InvalidAuthorization', 'The authorization header is not valid.');
    const [, secretId = '', date = '', names = '', signature = ''] = match;
    const timestamp = Number(call.headers['x-tc-timestamp']);
    if (Math.abs(timestamp - clock.now() / 1000) > maxSkew)
      throw new Refusal('AuthFailure.SignatureExpire', 'The signature has expired, please check your local time.');
    if (new Date(timestamp * 1000).toISOString().slice(0, 10) !== date || !names.split(';').includes('host'))
      throw new Refusal('AuthFailure.InvalidAuthorization', 'The credential scope is not valid.');
    const key = keys[secretId];
    if (!key) throw new Refusal('AuthFailure.SecretIdNotFound', 'The SecretId is not found, please ensure that your SecretId is correct.');
    if (key.sessionToken !== call.headers['x-tc-token']) throw new Refusal('AuthFailure.TokenFailure', 'The token is not valid.');
    const expected = tc3Signature(call, key.secretKey, date, names);
    if (!timingSafeEqual(expected, Buffer.from(signature, 'hex')))
      throw new Refusal(
        'AuthFailure.SignatureFailure',
        'The provided credentials could not be validated. Please check your signature is correct.',
      );
    if (key.denied?.includes(action))
      throw new Refusal('UnauthorizedOperation', `you are not authorized to perform operation (tcr:${action}).`);
  }

  function instanceOf(call: Call, { RegistryId: id }: Record<string, unknown>): void {
    const instance = instances[String(id)];
    if (!instance || instance.region !== call.headers['x-tc-region'])
      throw new Refusal('ResourceNotFound', 'The registry instance does not exist.');
  }

  function describeInstances(call: Call, body: Record<string, unknown>): Record<string, unknown> {
    const { AllRegion, Registryids, Filters } = body as {
      AllRegion?: boolean;
      Registryids?: string[];
      Filters?: { Name: string; Values: string[] }[];
    };
    const names = Filters?.find(({ Name }) => Name === 'RegistryName')?.Values;
    const found = Object.entries(instances).filter(
      ([id, { name, region }]) =>
        (AllRegion === true || region === call.headers['x-tc-region']) &&
        (!Registryids || Registryids.includes(id)) &&
        (!names || names.some((part) => name.includes(part))),
    );
    const Registries = found.map(([id, { name, region, domain }]) => ({
      RegistryId: id,
      RegistryName: name,
      RegistryType: 'standard',
      Status: 'Running',
      PublicDomain: domain,
      RegionName: region,
    }));
    return { TotalCount: found.length, Registries };
  }

  function createToken(): Record<string, unknown> {
    const Token = randomBytes(24).toString('base64url');
    const ExpTime = clock.now() + passwordLifetime;
    issued.set(Token, ExpTime);
    return { Username: 100012345678, Token, ExpTime, TokenId: '' };
  }

  function describeRepositories(body: Record<string, unknown>): Record<string, unknown> {
    const { NamespaceName, RepositoryName = '' } = body as { NamespaceName?: string; RepositoryName?: string };
    const names = [...content.repositories.keys()].filter(
      (name) =>
        (NamespaceName === undefined || name.startsWith(`${NamespaceName}/`)) && name.slice(name.indexOf('/') + 1).includes(RepositoryName),
    );
    const RepositoryList = numbered(body, names).map((name) => ({
      Name: name,
      Namespace: name.split('/', 1)[0],
      CreationTime: '2026-01-02 03:04:05.678 +0800 CST',
      UpdateTime: '2026-10-01 08:00:00.1 +0800 CST',
      Public: false,
      BriefDescription: `About ${name}`,
    }));
    return { RepositoryList, TotalCount: names.length };
  }

  function describeImages(body: Record<string, unknown>): Record<string, unknown> {
    const { NamespaceName, RepositoryName } = body as { NamespaceName: string; RepositoryName: string };
    const tags = content.repositories.get(`${NamespaceName}/${RepositoryName}`);
    if (!tags) throw new Refusal('ResourceNotFound.TcrResourceNotFound', 'The repository does not exist.');
    const ImageInfoList = numbered(body, [...tags]).map(([tag, { digest, pushedAt }]) => ({
      ImageVersion: tag,
      Digest: digest,
      Size: 4321,
      UpdateTime: goTime(pushedAt),
      Kind: 'IMAGE',
    }));
    return { ImageInfoList, TotalCount: tags.size };
  }

  function personalRepositories(body: Record<string, unknown>): Record<string, unknown> {
    const names = [...content.repositories.keys()];
    const RepoInfo = offset(body, names).map((name) => ({
      RepoName: name,
      RepoType: 'normal',
      TagCount: content.repositories.get(name)?.size ?? 0,
      Public: 0,
      PullCount: 3,
      Description: `About ${name}`,
      CreationTime: '2026-01-02 03:04:05 +0800 CST',
      UpdateTime: '2026-10-01 08:00:00 +0800 CST',
    }));
    return { Data: { TotalCount: names.length, RepoInfo, Server: 'ccr.ccs.tencentyun.com' } };
  }

  function personalImages(body: Record<string, unknown>): Record<string, unknown> {
    const tags = content.repositories.get(String(body['RepoName']));
    if (!tags) throw new Refusal('ResourceNotFound.ErrNoRepo', 'The repository does not exist.');
    const TagInfo = offset(body, [...tags]).map(([TagName, { digest, pushedAt }]) => ({
      TagName,
      TagId: digest,
      ImageId: `sha256:${createHash('sha256').update(TagName).digest('hex')}`,
      Size: '4 KB',
      SizeByte: 4321,
      CreationTime: '2026-09-30 08:00:00 +0800 CST',
      PushTime: new Date(pushedAt).toISOString().replace(/\.\d{3}/, ''),
      UpdateTime: new Date(pushedAt).toISOString().replace(/\.\d{3}/, ''),
    }));
    return { Data: { RepoName: body['RepoName'], TagCount: tags.size, TagInfo, Server: 'ccr.ccs.tencentyun.com' } };
  }

  const registry = await serve(
    tokenRegistry({
      clock,
      content,
      tokenPath: '/service/token',
      service: 'harbor-registry',
      signsIn: (username, password) =>
        passwords[username] === password ||
        (username === '100012345678' && (issued.get(password) ?? 0) > clock.now()) ||
        accounts.signsIn(username, password),
      mayRead: (username, repository) => accounts.mayRead(username, repository),
      mayPush: (username) => accounts.mayPush(username),
    }),
  );
  const api = await serve(answerApi);
  return {
    content,
    api,
    registry,
    keys,
    instances,
    places,
    accounts,
    throttle(calls) {
      throttled = calls;
    },
    async close() {
      await Promise.all([registry.close(), api.close()]);
    },
  };
}

/** The signature that a request should have, from what came over the wire. */
function tc3Signature(call: Call, secretKey: string, date: string, names: string): Buffer {
  let canonical = `${call.method}\n${call.url.pathname}\n${call.url.search.slice(1)}\n`;
  for (const name of names.split(';')) canonical += `${name}:${(call.headers[name] ?? '').toLowerCase()}\n`;
  canonical += `\n${names}\n${createHash('sha256').update(call.body).digest('hex')}`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const toSign = `TC3-HMAC-SHA256\n${call.headers['x-tc-timestamp']}\n${date}/tcr/tc3_request\n${digest}`;
  let key: Buffer = Buffer.from(`TC3${secretKey}`);
  for (const part of [date, 'tcr', 'tc3_request', toSign]) key = createHmac('sha256', key).update(part).digest();
  return key;
}

/** A page by number, as the Enterprise API counts. */
function numbered<T>({ Offset = 1, Limit = 20 }: { Offset?: unknown; Limit?: unknown }, items: readonly T[]): T[] {
  const [page, size] = [Number(Offset), Number(Limit)];
  if (page < 1 || size > maxPage) throw new Refusal('InvalidParameter', 'Offset begins at 1, Limit is at most 100.');
  return items.slice((page - 1) * size, page * size);
}

/** A page by rows, as the Personal API counts. */
function offset<T>({ Offset = 0, Limit = 20 }: { Offset?: unknown; Limit?: unknown }, items: readonly T[]): T[] {
  const [start, size] = [Number(Offset), Number(Limit)];
  if (size > maxPage) throw new Refusal('InvalidParameter', 'Limit is at most 100.');
  return items.slice(start, start + size);
}

/** As Go prints a time: `2026-01-02 11:04:05.678 +0800 CST`. */
function goTime(at: number): string {
  return `${new Date(at + 8 * 3600_000).toISOString().replace('T', ' ').replace('Z', '')} +0800 CST`;
}
