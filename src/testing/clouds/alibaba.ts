import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { AlibabaAccounts, type AlibabaKey, type AlibabaPolicy, AlibabaRefusal, allows } from './alibaba-accounts.ts';
import { AlibabaNamespaces } from './alibaba-namespaces.ts';
import { CloudContent } from './content.ts';
import { type Answer, type Call, type FakeService, serve } from './serve.ts';
import { tokenRegistry } from './token-registry.ts';

export interface AlibabaOptions {
  clock?: Clock;
  /** AccessKey ID → key. */
  keys?: Record<string, AlibabaKey>;
  /** Enterprise instances: ID → name. */
  instances?: Record<string, string>;
  /** User → password of the registry. */
  passwords?: Record<string, string>;
  /** Service of the registry's challenge. */
  service?: string;
}

/** A fake Alibaba Cloud on loopback: API `cr` of both editions, a registry, STS, and the metadata service of an ECS instance. */
export interface FakeAlibaba {
  content: CloudContent;
  accounts: AlibabaAccounts;
  instances: Record<string, string>;
  namespaces: AlibabaNamespaces;
  api: FakeService;
  registry: FakeService;
  sts: FakeService;
  metadata: FakeService;
  /** RAM role of the instance; undefined: it has none. */
  setMachineRole(name?: string): void;
  /** Identity tokens that STS trusts: token → ARN of the role that it may have. */
  webIdentities: Map<string, string>;
  /** The next calls of the API are refused for their number. */
  throttle(calls: number): void;
  close(): Promise<void>;
}

const maxPage = 100;
const passwordLifetime = 3600_000;
/** Of keys that the metadata service and STS give, in seconds. */
const machineKeyLifetime = 6 * 3600;
const roleKeyLifetime = 3600;

export async function startAlibaba(options: AlibabaOptions = {}): Promise<FakeAlibaba> {
  const { clock = systemClock, keys = {}, instances = {}, passwords = {} } = options;
  const accounts = new AlibabaAccounts(clock, keys);
  const content = new CloudContent();
  const namespaces = new AlibabaNamespaces(content);
  /** Passwords: until when, and what the key behind was narrowed to. */
  const issued = new Map<string, { end: number; policy?: AlibabaPolicy }>();
  const webIdentities = new Map<string, string>();
  const sessions = new Set<string>();
  let role: string | undefined;
  let throttled = 0;

  function answerApi(call: Call): Answer {
    const personal = call.method !== 'POST';
    try {
      if (throttled > 0) {
        throttled--;
        throw new AlibabaRefusal(400, 'Throttling.User', 'Request was denied due to user flow control.');
      }
      const { key, action, parameters } = accounts.authorise(call);
      return {
        status: 200,
        body: personal
          ? { data: roa(call, key), requestId: '94E8' }
          : { IsSuccess: true, Code: 'success', RequestId: '94E8', ...rpc(key, action, parameters) },
      };
    } catch (error) {
      if (!(error instanceof AlibabaRefusal)) throw error;
      const { status, code, message } = error;
      if (personal && !/^[A-Z][a-z]/.test(code)) return { status, body: { code, message, requestId: '94E8' } };
      // What the instance refuses comes with 200, what the gateway does with its status.
      if (status === 404 && /^[A-Z_]+$/.test(code)) return { status: 200, body: { IsSuccess: false, Code: code, RequestId: '94E8' } };
      return { status, body: { Code: code, Message: message, RequestId: '94E8', HostId: 'cr.cn-hangzhou.aliyuncs.com' } };
    }
  }

  function rpc(key: AlibabaKey, action: string, parameters: URLSearchParams): Record<string, unknown> {
    if (action === 'ListInstance') {
      const found = Object.entries(instances).filter(([, name]) => name.includes(parameters.get('InstanceName') ?? ''));
      const Instances = page(parameters, found).map(([InstanceId, InstanceName]) => ({
        InstanceId,
        InstanceName,
        InstanceStatus: 'RUNNING',
        RegionId: 'cn-hangzhou',
      }));
      return { Instances, TotalCount: found.length };
    }
    if (instances[parameters.get('InstanceId') ?? ''] === undefined)
      throw new AlibabaRefusal(404, 'INSTANCE_NOT_EXIST', 'The instance does not exist.');
    switch (action) {
      case 'GetAuthorizationToken': {
        const { token, end } = issueToken(key);
        return { AuthorizationToken: token, TempUsername: 'cr_temp_user', ExpireTime: end };
      }
      case 'GetNamespace':
      case 'CreateNamespace':
      case 'CreateRepository':
        return namespaces.rpc(action, parameters);
      case 'ListRepository': {
        const namespace = parameters.get('RepoNamespaceName');
        const names = [...content.repositories.keys()].filter((name) => namespace === null || name.startsWith(`${namespace}/`));
        const Repositories = page(parameters, names).map((name) => ({
          RepoId: `crr-${Buffer.from(name).toString('hex')}`,
          RepoNamespaceName: name.slice(0, name.indexOf('/')),
          RepoName: name.slice(name.indexOf('/') + 1),
          RepoType: 'PRIVATE',
          RepoStatus: 'NORMAL',
          Summary: `About ${name}`,
          CreateTime: 1_564_153_576_000,
          ModifiedTime: 1_564_153_577_000,
        }));
        return { Repositories, TotalCount: String(names.length) };
      }
      case 'GetRepository': {
        const name = `${parameters.get('RepoNamespaceName')}/${parameters.get('RepoName')}`;
        if (!content.repositories.has(name)) throw new AlibabaRefusal(404, 'REPO_NOT_EXIST', 'The repository does not exist.');
        return { RepoId: `crr-${Buffer.from(name).toString('hex')}` };
      }
      case 'ListRepoTag': {
        const name = Buffer.from((parameters.get('RepoId') ?? '').slice(4), 'hex').toString();
        const tags = content.repositories.get(name) ?? new Map();
        const Images = page(parameters, [...tags]).map(([Tag, { digest, pushedAt }]) => ({
          Tag,
          Digest: digest.slice(7),
          ImageId: '45023655bf39c382e26a8607d057c27871de2118e163c1ecf48cc1ebf2a19468',
          Status: 'NORMAL',
          ImageSize: 4321,
          ImageCreate: String(pushedAt - 1000),
          ImageUpdate: String(pushedAt),
        }));
        return { Images, TotalCount: String(tags.size) };
      }
      default:
        throw new AlibabaRefusal(404, 'InvalidAction.NotFound', 'Specified api is not found.');
    }
  }

  function roa(call: Call, key: AlibabaKey): Record<string, unknown> {
    const { pathname, searchParams } = call.url;
    if (pathname === '/tokens') {
      const { token, end } = issueToken(key);
      return { authorizationToken: token, tempUserName: 'cr_temp_user', expireDate: end };
    }
    if (call.method === 'PUT' || /^\/(?:namespace\/[^/]+|repos\/[^/]+\/[^/]+)$/.test(pathname)) return namespaces.roa(call);
    const [, , namespace, name, tagsWord] = pathname.split('/');
    if (!/^\/repos(?:\/[^/]+(?:\/[^/]+\/tags)?)?$/.test(pathname))
      throw new AlibabaRefusal(404, 'InvalidAction.NotFound', 'Specified api is not found.');
    if (tagsWord === undefined) {
      const names = [...content.repositories.keys()].filter((each) => namespace === undefined || each.startsWith(`${namespace}/`));
      const repos = page(searchParams, names, 'Page').map((each) => ({
        repoId: 1,
        repoNamespace: each.split('/', 1)[0],
        repoName: each.slice(each.indexOf('/') + 1),
        repoType: 'PRIVATE',
        summary: `About ${each}`,
        gmtCreate: 1_564_153_576_000,
        gmtModified: 1_564_153_577_000,
        repoDomainList: { public: 'registry.cn-hangzhou.aliyuncs.com', internal: '', vpc: '' },
      }));
      return { repos, total: names.length, page: 1, pageSize: repos.length };
    }
    const tags = content.repositories.get(`${namespace}/${name}`);
    if (!tags) throw new AlibabaRefusal(404, 'REPO_NOT_EXIST', 'The repository does not exist.');
    const found = page(searchParams, [...tags], 'Page').map(([tag, { digest, pushedAt }]) => ({
      tag,
      digest: digest.slice(7),
      imageId: '2842876c9b98f8c7607c1123',
      status: 'NORMAL',
      imageSize: 4321,
      imageCreate: pushedAt - 1000,
      imageUpdate: pushedAt,
    }));
    return { tags: found, total: tags.size, page: 1, pageSize: found.length };
  }

  function issueToken(key: AlibabaKey): { token: string; end: number } {
    const token = `${randomBytes(8).toString('hex')}:${randomBytes(24).toString('hex')}`;
    // Of a temporary key, the password is good for as long as the key.
    const end = key.expiresAt ?? clock.now() + passwordLifetime;
    issued.set(token, { end, ...(key.policy && { policy: key.policy }) });
    return { token, end };
  }

  function answerSts(call: Call): Answer {
    const form = new URLSearchParams(call.body);
    const arn = form.get('RoleArn') ?? '';
    if (
      call.method !== 'POST' ||
      call.url.search !== '' ||
      form.get('Action') !== 'AssumeRoleWithOIDC' ||
      form.get('Version') !== '2015-04-01'
    )
      return { status: 400, body: { Code: 'InvalidParameter', Message: 'Specified parameters are not valid.' } };
    if (
      webIdentities.get(form.get('OIDCToken') ?? '') !== arn ||
      !/^acs:ram::\d+:oidc-provider\/.+$/.test(form.get('OIDCProviderArn') ?? '')
    )
      return {
        status: 403,
        body: { Code: 'AuthenticationFail.NoPermission', Message: `This operation is forbidden, token ${form.get('OIDCToken')}` },
      };
    const seconds = Number(form.get('DurationSeconds') ?? roleKeyLifetime);
    const policy = form.get('Policy');
    if (seconds < 900 || seconds > roleKeyLifetime || (policy?.length ?? 0) > 2048)
      return { status: 400, body: { Code: 'InvalidParameter', Message: 'Specified parameters are not valid.' } };
    const narrowed = policy === null ? undefined : (JSON.parse(policy) as AlibabaPolicy);
    return { status: 200, body: { RequestId: '94E8', Credentials: accounts.issue(seconds, narrowed) } };
  }

  function answerMetadata(call: Call): Answer {
    const { pathname } = call.url;
    const path = '/latest/meta-data/ram/security-credentials/';
    if (pathname === '/latest/api/token') {
      const lifetime = Number(call.headers['x-aliyun-ecs-metadata-token-ttl-seconds']);
      if (call.method !== 'PUT' || !(lifetime >= 1 && lifetime <= 21_600)) return { status: 400, body: 'Bad Request' };
      const session = randomBytes(16).toString('base64url');
      sessions.add(session);
      return { status: 200, body: session };
    }
    if (!sessions.has(call.headers['x-aliyun-ecs-metadata-token'] ?? '')) return { status: 403, body: 'Forbidden' };
    if (role === undefined || !pathname.startsWith(path)) return { status: 404, body: 'Not Found' };
    if (pathname === path) return { status: 200, body: role };
    return pathname === `${path}${role}`
      ? { status: 200, body: { Code: 'Success', LastUpdated: '', ...accounts.issue(machineKeyLifetime) } }
      : { status: 404, body: 'Not Found' };
  }

  const registry = await serve(
    tokenRegistry({
      clock,
      content,
      tokenPath: '/auth',
      service: options.service ?? 'registry.aliyuncs.com:cn-hangzhou:26842',
      signsIn: (username, password) =>
        passwords[username] === password || (username === 'cr_temp_user' && (issued.get(password)?.end ?? 0) > clock.now()),
      mayRead(_username, repository, password) {
        const [instance = ''] = Object.keys(instances);
        const resource = `acs:cr:cn-hangzhou:1234567890123456:repository/${instance}/${repository}`;
        return allows(issued.get(password)?.policy, 'cr:PullRepository', resource);
      },
      mayPush(_username, password) {
        const statements = issued.get(password)?.policy?.Statement;
        return statements?.some(({ Action }) => Action.includes('cr:PushRepository')) ?? true;
      },
    }),
  );
  const [api, sts, metadata] = await Promise.all([serve(answerApi), serve(answerSts), serve(answerMetadata)]);
  return {
    content,
    accounts,
    instances,
    namespaces,
    api,
    registry,
    sts,
    metadata,
    webIdentities,
    setMachineRole(name) {
      role = name;
    },
    throttle(calls) {
      throttled = calls;
    },
    async close() {
      await Promise.all([registry, api, sts, metadata].map((service) => service.close()));
    },
  };
}

function page<T>(parameters: URLSearchParams, items: readonly T[], name = 'PageNo'): T[] {
  const number = Number(parameters.get(name) ?? 1);
  const size = Number(parameters.get('PageSize') ?? 30);
  if (number < 1 || size > maxPage) throw new AlibabaRefusal(400, 'PAGE_SIZE_INVALID', 'PageSize is at most 100.');
  return items.slice((number - 1) * size, number * size);
}
