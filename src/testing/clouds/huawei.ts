import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { type Answer, type Call, type FakeService, serve } from './serve.ts';
import { tokenRegistry } from './token-registry.ts';

export interface HuaweiOptions {
  clock?: Clock;
  /** Default `cn-north-4`. */
  region?: string;
  /** AK → SK. */
  keys?: Record<string, string>;
}

/** A fake Huawei Cloud SWR on loopback: API and registry of one region. */
export interface FakeHuawei {
  content: CloudContent;
  api: FakeService;
  registry: FakeService;
  keys: Record<string, string>;
  /** Organisations that the keys may not read. */
  closed: Set<string>;
  /** Organisations without images so far. */
  organizations: Set<string>;
  /** The next calls of the API are refused for their number. */
  throttle(calls: number): void;
  /** Changes the answers of the login calls, e.g. to leave a header out. */
  alterLogin(change: (answer: Answer) => Answer): void;
  close(): Promise<void>;
}

const maxSkew = 15 * 60_000;
const temporaryLifetime = 24 * 3600_000;
const manifestType = 0;

export async function startHuawei(options: HuaweiOptions = {}): Promise<FakeHuawei> {
  const { clock = systemClock, region = 'cn-north-4', keys = {} } = options;
  const content = new CloudContent();
  const closed = new Set<string>();
  const organizations = new Set<string>();
  /** `user:password` → end. */
  const issued = new Map<string, number>();
  let throttled = 0;
  let alter = (answer: Answer): Answer => answer;

  function answerApi(call: Call): Answer {
    if (throttled > 0) {
      throttled--;
      return refuse(429, 'APIGW.0308', 'The throttling threshold has been reached: policy user over ratelimit,limit:20,time:1 second');
    }
    const refusal = authorise(call);
    if (refusal) return refusal;
    const { pathname, searchParams } = call.url;
    const accessKey = /Access=(\w+)/.exec(call.headers['authorization'] ?? '')?.[1] ?? '';
    if (call.method === 'POST' && pathname === '/v2/manage/utils/secret')
      return searchParams.get('projectname')?.startsWith(region)
        ? login(`${region}@${randomBytes(8).toString('hex').toUpperCase()}`)
        : swrRefusal(400, 'SVCSTG.SWR.4000010', 'Invalid project name.');
    if (call.method === 'POST' && pathname === '/v2/manage/utils/authorizationtoken') return login(`bearertoken@${accessKey}`);
    if (call.method === 'GET' && pathname === '/v2/manage/repos') return listRepositories(call);
    if (call.method === 'POST' && pathname === '/v2/manage/namespaces') return createOrganization(call);
    const organization = /^\/v2\/manage\/namespaces\/([^/]+)$/.exec(decodeURIComponent(pathname))?.[1];
    if (call.method === 'GET' && organization !== undefined) {
      return hasOrganization(organization) && !closed.has(organization)
        ? { status: 200, body: { id: 1422, name: organization, creator_name: 'acme', auth: 7 } }
        : swrRefusal(404, 'SVCSTG.SWR.4040001', 'The namespace does not exist.');
    }
    const tags = /^\/v2\/manage\/namespaces\/([^/]+)\/repos\/([^/]+)\/tags$/.exec(decodeURIComponent(pathname));
    if (call.method === 'GET' && tags) return listTags(call, tags[1] ?? '', (tags[2] ?? '').replaceAll('$', '/'));
    return refuse(404, 'APIGW.0101', 'The API does not exist or has not been published in the environment');
  }

  function authorise(call: Call): Answer | undefined {
    const match = /^SDK-HMAC-SHA256 Access=(\w+), SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$/.exec(
      call.headers['authorization'] ?? '',
    );
    if (!match) return refuse(401, 'APIGW.0301', 'Incorrect IAM authentication information: missing authorization header');
    const [, accessKey = '', names = '', signature = ''] = match;
    const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(call.headers['x-sdk-date'] ?? '') ?? [];
    const sent = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
    if (!(Math.abs(sent - clock.now()) <= maxSkew))
      return refuse(401, 'APIGW.0301', 'Incorrect IAM authentication information: x-sdk-date is out of the accepted range');
    const secretKey = keys[accessKey];
    if (secretKey === undefined)
      return refuse(401, 'APIGW.0301', `Incorrect IAM authentication information: Get secretKey failed,ak:${accessKey},err:ak not exist`);
    if (
      !['host', 'x-sdk-date'].every((name) => names.split(';').includes(name)) ||
      !timingSafeEqual(expected(call, secretKey, names), Buffer.from(signature, 'hex'))
    )
      return refuse(401, 'APIGW.0301', 'Incorrect IAM authentication information: verify aksk signature fail');
    return undefined;
  }

  function login(user: string): Answer {
    const password = randomBytes(32).toString('hex');
    const end = clock.now() + temporaryLifetime;
    issued.set(`${user}:${password}`, end);
    const host = `swr.${region}.myhuaweicloud.com`;
    return alter({
      status: 200,
      headers: {
        'x-swr-dockerlogin': `docker login -u ${user} -p ${password} ${host}`,
        'x-swr-expireat': new Date(end).toISOString().replace('Z', '000Z'),
      },
      body: { auths: { [host]: { auth: Buffer.from(`${user}:${password}`).toString('base64') } } },
    });
  }

  function hasOrganization(name: string): boolean {
    return organizations.has(name) || closed.has(name) || [...content.repositories.keys()].some((each) => each.startsWith(`${name}/`));
  }

  function createOrganization(call: Call): Answer {
    const { namespace } = JSON.parse(call.body) as { namespace: string };
    if (hasOrganization(namespace)) return swrRefusal(409, 'SVCSTG.SWR.4090000', 'The namespace already exists.');
    organizations.add(namespace);
    return { status: 201 };
  }

  function listRepositories(call: Call): Answer {
    const wanted = call.url.searchParams.get('namespace');
    if (wanted !== null && closed.has(wanted)) return swrRefusal(403, 'SVCSTG.SWR.4030000', 'The user has no permission.');
    const names = [...content.repositories.keys()].filter((name) => wanted === null || name.startsWith(`${wanted}/`));
    return page(call, names, (name) => {
      const slash = name.indexOf('/');
      return {
        name: name.slice(slash + 1),
        namespace: name.slice(0, slash),
        category: 'other',
        description: `About ${name}`,
        size: 4321,
        is_public: false,
        num_images: content.repositories.get(name)?.size ?? 0,
        num_download: 3,
        tags: [...(content.repositories.get(name)?.keys() ?? [])].slice(0, 3),
        path: `swr.${region}.myhuaweicloud.com/${name}`,
        created_at: '2026-01-02T03:04:05Z',
        updated_at: '2026-10-01T08:00:00Z',
        total_range: names.length,
      };
    });
  }

  function listTags(call: Call, namespace: string, name: string): Answer {
    const tags = closed.has(namespace) ? undefined : content.repositories.get(`${namespace}/${name}`);
    if (!tags) return swrRefusal(404, 'SVCSTG.SWR.4001012', 'The repository does not exist.');
    return page(call, [...tags], ([tag, { digest, manifest, pushedAt }]) => ({
      id: 1,
      repo_id: 2,
      Tag: tag,
      image_id: createHash('sha256').update(tag).digest('hex'),
      manifest,
      digest,
      schema: 2,
      path: `swr.${region}.myhuaweicloud.com/${namespace}/${name}:${tag}`,
      size: 4321,
      created: '2026-09-30T08:00:00Z',
      updated: new Date(pushedAt).toISOString(),
      tag_type: manifestType,
    }));
  }

  const registry = await serve(
    tokenRegistry({
      clock,
      content,
      tokenPath: '/swr/auth/v2/registry/auth',
      service: 'dockyard',
      signsIn(username, password) {
        const [project, accessKey = ''] = username.split('@');
        const secretKey = keys[accessKey];
        if (secretKey !== undefined && project === region && password === createHmac('sha256', secretKey).update(accessKey).digest('hex'))
          return true;
        return (issued.get(`${username}:${password}`) ?? 0) > clock.now();
      },
    }),
  );
  const api = await serve(answerApi);
  return {
    content,
    api,
    registry,
    keys,
    closed,
    organizations,
    throttle(calls) {
      throttled = calls;
    },
    alterLogin(change) {
      alter = change;
    },
    async close() {
      await Promise.all([registry.close(), api.close()]);
    },
  };
}

/** A refusal of the API gateway. */
function refuse(status: number, code: string, message: string): Answer {
  return { status, body: { error_msg: message, error_code: code, request_id: '3e1c' } };
}

/** A refusal of SWR itself. */
function swrRefusal(status: number, errorCode: string, errorMessage: string): Answer {
  return { status, body: { errors: [{ errorCode, errorMessage }] } };
}

function page<T>(call: Call, items: readonly T[], show: (item: T) => unknown): Answer {
  const { searchParams } = call.url;
  const offset = searchParams.get('offset');
  const limit = searchParams.get('limit');
  // Either alone is as good as none.
  const [start, size] = offset !== null && limit !== null ? [Number(offset), Number(limit)] : [0, 1000];
  if (size > 1000) return swrRefusal(400, 'SVCSTG.SWR.4000000', 'limit is out of range');
  return { status: 200, body: items.slice(start, start + size).map(show) };
}

/** The signature that a request should have, from what came over the wire. */
function expected(call: Call, secretKey: string, names: string): Buffer {
  const [path = '', query = ''] = call.target.split('?', 2);
  const escape = (text: string) =>
    [...Buffer.from(text)]
      .map((byte) =>
        /[\w.~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
      )
      .join('');
  const canonicalPath = path
    .split('/')
    .map((part) => escape(decodeURIComponent(part)))
    .join('/');
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${escape(name)}=${escape(value)}`).sort();
  let canonical = `${call.method}\n${canonicalPath.endsWith('/') ? canonicalPath : `${canonicalPath}/`}\n${pairs.join('&')}\n`;
  for (const name of names.split(';')) canonical += `${name}:${call.headers[name] ?? ''}\n`;
  canonical += `\n${names}\n${createHash('sha256').update(call.body).digest('hex')}`;
  const toSign = `SDK-HMAC-SHA256\n${call.headers['x-sdk-date']}\n${createHash('sha256').update(canonical).digest('hex')}`;
  return createHmac('sha256', secretKey).update(toSign).digest();
}
