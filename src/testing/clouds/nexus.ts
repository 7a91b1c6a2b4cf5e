import { createHash, randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { CloudContent } from './content.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';

export interface NexusOptions {
  clock?: Clock;
  /** Name → password, of users and of user tokens alike. */
  users?: Record<string, string>;
  /** Docker repository → its members if it is a group. */
  repositories?: Record<string, readonly string[]>;
  /** Everybody may read, as with anonymous access and the Docker Bearer Token Realm. */
  anonymous?: boolean;
  /** The registry is a connector of this repository, apart from the rest of Nexus. */
  connector?: string;
  /** Whether the Docker Bearer Token Realm is active; otherwise the registry asks for Basic. Default true. */
  bearer?: boolean;
  /** Path before everything but a connector, e.g. `/nexus`. */
  contextPath?: string;
  /** Names of a page of the catalog. Default 1000; 0: it knows no paging. */
  pageLimit?: number;
}

/** A fake Nexus 3 on loopback: its registry by path or as a connector, the REST API, and the raw base of each repository. */
export interface FakeNexus {
  /** Names begin with the repository's. */
  content: CloudContent;
  /** Web interface and REST API; the registry too, unless there is a connector. */
  service: FakeService;
  /** Where the registry is. */
  registry: FakeService;
  close(): Promise<void>;
}

const searchPage = 50;
const facts = { server: 'Nexus/3.89.1-01 (COMMUNITY)' };
const refused = (status: number, code: string, message: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { ...facts, ...headers },
  body: { errors: [{ code, message, detail: null }] },
});

export async function startNexus(options: NexusOptions = {}): Promise<FakeNexus> {
  const { clock = systemClock, users = {}, repositories = {}, anonymous = false, connector, bearer = true } = options;
  const { contextPath = '', pageLimit = 1000 } = options;
  const content = new CloudContent();
  const tokens = new JwtIssuer(clock);
  const cursors = new Map<string, { query: string; offset: number }>();

  /** Undefined: credentials were given, and are wrong. */
  function callerOf(call: Call): 'nobody' | 'somebody' | undefined {
    if (!call.headers['authorization']) return 'nobody';
    const claims = tokens.check(bearerOf(call)?.replace(/^DockerToken\./, ''));
    if (claims) return claims['sub'] === 'anonymous' ? 'nobody' : 'somebody';
    const given = basicOf(call);
    return given && users[given.username] === given.password ? 'somebody' : undefined;
  }

  /** Where a name is stored: behind a group, in the first member that has it. */
  function stored(name: string): string {
    const slash = name.indexOf('/');
    const member = repositories[name.slice(0, slash)]?.find((one) => content.repositories.has(`${one}${name.slice(slash)}`));
    return member === undefined ? name : `${member}${name.slice(slash)}`;
  }

  const below = (key: string): string[] => {
    const keys = [key, ...(repositories[key] ?? [])];
    return [...content.repositories.keys()].filter((name) => keys.includes(name.split('/', 1)[0] ?? ''));
  };

  function answerRegistry(call: Call): Answer {
    const { pathname, searchParams, origin } = call.url;
    const challenge = {
      'docker-distribution-api-version': 'registry/2.0',
      'www-authenticate': bearer
        ? `Bearer realm="${origin}/v2/token",service="${origin}/v2/token"`
        : 'BASIC realm="Sonatype Nexus Repository Manager"',
    };
    if (pathname === '/v2/token') {
      const given = basicOf(call);
      if (given ? users[given.username] !== given.password : !anonymous) return refused(401, 'UNAUTHORIZED', 'authentication required');
      // No end is told.
      return { status: 200, headers: facts, body: { token: `DockerToken.${tokens.issue({ sub: given?.username ?? 'anonymous' }, 3600)}` } };
    }
    const caller = callerOf(call);
    const may = caller === 'somebody' || (caller === 'nobody' && anonymous && call.headers['authorization'] !== undefined);
    if (!may) return refused(401, 'UNAUTHORIZED', 'access to the requested resource is not authorized', challenge);
    if (pathname === '/v2/') return { status: 200, headers: facts, body: {} };
    if (pathname === '/v2/_catalog' && connector !== undefined) return catalog(connector, searchParams, '/v2/_catalog');
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+)$/.exec(pathname)?.[1] ?? '';
    const full = stored(connector === undefined ? name : `${connector}/${name}`);
    const inside = new URL(call.url);
    inside.pathname = pathname.replace(`/v2/${name}/`, `/v2/${full}/`);
    const found = content.answer({ ...call, url: inside });
    if (!found) return refused(404, 'UNSUPPORTED', 'not here');
    const link = found.headers?.['link'];
    const next: Record<string, string> = {};
    if (typeof link === 'string') next['link'] = link.replace(`/v2/${full}/`, `/v2/${name}/`);
    return { ...found, headers: { ...found.headers, ...facts, ...next } };
  }

  function catalog(key: string, query: URLSearchParams, path: string): Answer {
    const names = [...new Set(below(key).map((name) => name.slice(name.indexOf('/') + 1)))].toSorted();
    if (pageLimit === 0) return { status: 200, headers: facts, body: { repositories: names } };
    const limit = Math.min(pageLimit, Number(query.get('n') ?? pageLimit));
    const rest = names.filter((name) => name > (query.get('last') ?? ''));
    const page = rest.slice(0, limit);
    const next: Record<string, string> =
      rest.length > limit ? { link: `<${path}?n=${limit}&last=${encodeURIComponent(page.at(-1) ?? '')}>; rel="next"` } : {};
    return { status: 200, headers: { ...facts, ...next }, body: { repositories: page } };
  }

  function answerNexus(call: Call): Answer {
    const { pathname, searchParams } = call.url;
    const html = {
      status: 404,
      headers: { ...facts, 'content-type': 'text/html' },
      body: '<!DOCTYPE html><title>Sonatype Nexus Repository</title>',
    };
    if (!pathname.startsWith(`${contextPath}/`)) return html;
    const path = pathname.slice(contextPath.length);
    if (connector === undefined && path.startsWith('/v2/')) return answerRegistry(call);
    const caller = callerOf(call);
    if (caller === undefined || (caller === 'nobody' && !anonymous))
      return { status: 401, headers: { ...facts, 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' }, body: '' };
    if (path === '/service/rest/v1/repositories') {
      const docker = Object.entries(repositories).map(([name, members]) => ({
        name,
        format: 'docker',
        type: members.length > 0 ? 'group' : 'hosted',
        url: `${call.url.origin}/repository/${name}`,
        attributes: {},
      }));
      return {
        status: 200,
        headers: facts,
        body: [{ name: 'maven-central', format: 'maven2', type: 'proxy', url: '', attributes: {} }, ...docker],
      };
    }
    if (path === '/service/rest/v1/search') return search(call);
    const raw = /^\/repository\/([^/]+)\/v2\/_catalog$/.exec(path)?.[1];
    if (raw !== undefined && repositories[raw]) return catalog(raw, searchParams, `/repository/${raw}/v2/_catalog`);
    return html;
  }

  function search(call: Call): Answer {
    const query = new URLSearchParams(call.url.searchParams);
    const token = query.get('continuationToken');
    query.delete('continuationToken');
    const image = query.get('docker.imageName') ?? '';
    // The search is by words: other images with the same end are found as well.
    const names = below(query.get('repository') ?? '').filter((name) => name.endsWith(`/${image}`));
    const items = names.flatMap((name) =>
      [...(content.repositories.get(name) ?? [])].map(([version, entry]) => component(name, version, entry)),
    );
    const cursor = token === null ? { query: query.toString(), offset: 0 } : cursors.get(token);
    if (cursor?.query !== query.toString()) return { status: 406, headers: facts, body: 'Invalid continuationToken' };
    const end = cursor.offset + searchPage;
    let continuationToken: string | null = null;
    if (end < items.length) {
      continuationToken = randomBytes(16).toString('hex');
      cursors.set(continuationToken, { query: query.toString(), offset: end });
    }
    return { status: 200, headers: facts, body: { items: items.slice(cursor.offset, end), continuationToken } };
  }

  function component(name: string, version: string, { digest, pushedAt }: { digest: string; pushedAt: number }): unknown {
    const [repository = ''] = name.split('/', 1);
    const image = name.slice(repository.length + 1);
    const asset = {
      id: 'YXNzZXQ',
      repository,
      format: 'docker',
      contentType: 'application/vnd.oci.image.manifest.v1+json',
      uploader: 'ci',
      fileSize: 742,
      blobCreated: null,
    };
    const times = { lastModified: new Date(pushedAt).toISOString().replace('Z', '+00:00'), lastDownloaded: null };
    const checksum = { sha1: createHash('sha1').update(digest).digest('hex'), sha256: digest.slice(7) };
    const path = `v2/${image}/manifests/${version}`;
    return {
      id: 'Y29tcG9uZW50',
      repository,
      format: 'docker',
      group: null,
      name: image,
      version,
      assets: [{ ...asset, ...times, checksum, path, downloadUrl: `http://nexus/repository/${repository}/${path}` }],
    };
  }

  const service = await serve(answerNexus);
  const registry = connector === undefined ? service : await serve(answerRegistry);
  return {
    content,
    service,
    registry,
    async close() {
      await service.close();
      if (registry !== service) await registry.close();
    },
  };
}
