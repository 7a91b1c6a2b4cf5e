import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type FakeAws, startAws } from './aws.ts';
import { allows } from './aws-accounts.ts';
import { deleteImages, type ImageId } from './aws-delete-images.ts';
import { CloudContent } from './content.ts';
import { JwtIssuer } from './jwt.ts';
import { type Answer, basicOf, bearerOf, type Call, type FakeService, serve } from './serve.ts';
import { AwsRefusal, verify } from './sigv4.ts';

export interface EcrPublicOptions {
  clock?: Clock;
  /** Alias of the account's registry. Default `acme`. */
  alias?: string;
  /** Most items of an API page; AWS may answer fewer than asked for. Default 1000. */
  pageLimit?: number;
}

/** A fake ECR Public on loopback: its signed API, which knows the account's own repositories only, and the registry with its token server. */
export interface FakeEcrPublic {
  /** Identities, and where this machine finds its role. */
  aws: FakeAws;
  /** Names begin with an alias. */
  content: CloudContent;
  api: FakeService;
  registry: FakeService;
  /** The next calls of the API are refused with ThrottlingException. */
  throttle(calls: number): void;
  close(): Promise<void>;
}

const target = 'SpencerFrontendService.';
const passwordLifetime = 12 * 3600_000;
const maxResults = 1000;

export async function startEcrPublic(options: EcrPublicOptions = {}): Promise<FakeEcrPublic> {
  const { clock = systemClock, alias = 'acme', pageLimit = maxResults } = options;
  const aws = await startAws({ clock, region: 'us-east-1' });
  const content = new CloudContent();
  const tokens = new JwtIssuer(clock);
  const passwords = new Map<string, number>();
  const cursors = new Map<string, { key: string; offset: number }>();
  let throttled = 0;

  function answerApi(call: Call): Answer {
    const headers = { 'content-type': 'application/x-amz-json-1.1', date: new Date(clock.now()).toUTCString(), 'x-amzn-requestid': '0123' };
    try {
      const keyOf = (id: string) => aws.accounts.keyOf(id);
      const id = verify(call, { service: 'ecr-public', region: 'us-east-1', now: clock.now(), keyOf });
      if (throttled > 0) {
        throttled--;
        throw new AwsRefusal('ThrottlingException', 'Rate exceeded');
      }
      const operation = (call.headers['x-amz-target'] ?? '').replace(target, '');
      const caller = aws.accounts.principalOf(id);
      const needed = [`ecr-public:${operation}`, ...(operation === 'GetAuthorizationToken' ? ['sts:GetServiceBearerToken'] : [])];
      for (const action of needed) {
        if (!allows(caller.actions, action))
          throw new AwsRefusal(
            'AccessDeniedException',
            `User: ${caller.arn} is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`,
          );
      }
      return { status: 200, headers, body: JSON.stringify(operate(operation, JSON.parse(call.body) as Record<string, unknown>)) };
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error;
      return {
        status: error.status,
        headers,
        body: JSON.stringify({ __type: `com.amazonaws.ecr.public#${error.code}`, message: error.message }),
      };
    }
  }

  function operate(operation: string, body: Record<string, unknown>): unknown {
    if (operation === 'GetAuthorizationToken') {
      const password = randomBytes(300).toString('base64');
      const expiresAt = clock.now() + passwordLifetime;
      passwords.set(password, expiresAt);
      return { authorizationData: { authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'), expiresAt: expiresAt / 1000 } };
    }
    const own = [...content.repositories.keys()].filter((name) => name.startsWith(`${alias}/`)).map((name) => name.slice(alias.length + 1));
    if (operation === 'DescribeRegistries')
      return { registries: [{ registryId: aws.account, aliases: [{ name: alias, status: 'ACTIVE', primaryRegistryAlias: true }] }] };
    if (operation === 'CreateRepository') {
      const created = String(body['repositoryName']);
      if (own.includes(created))
        throw new AwsRefusal(
          'RepositoryAlreadyExistsException',
          `The repository with name '${created}' already exists in the registry with id '${aws.account}'`,
        );
      content.addRepository(`${alias}/${created}`);
      return { repository: { repositoryName: created, repositoryUri: `public.ecr.aws/${alias}/${created}` } };
    }
    if (operation === 'DescribeRepositories') {
      const wanted = body['repositoryNames'] as string[] | undefined;
      const missing = wanted?.find((name) => !own.includes(name));
      if (missing !== undefined) throw notFound(missing);
      const { page, nextToken } = paged(operation, wanted ?? own, body);
      const repositories = page.map((name) => ({
        repositoryArn: `arn:aws:ecr-public::${aws.account}:repository/${name}`,
        registryId: aws.account,
        repositoryName: name,
        repositoryUri: `public.ecr.aws/${alias}/${name}`,
        createdAt: 1_700_000_000.5,
      }));
      return { repositories, nextToken };
    }
    if (operation !== 'DescribeImageTags' && operation !== 'BatchDeleteImage') throw new AwsRefusal('UnknownOperationException', '');
    const name = String(body['repositoryName']);
    const tags = content.repositories.get(`${alias}/${name}`);
    if (!tags) throw notFound(name);
    if (operation === 'BatchDeleteImage')
      return deleteImages(content, `${alias}/${name}`, body['imageIds'] as ImageId[] | undefined, new Set());
    const { page, nextToken } = paged(`${operation}:${name}`, [...tags], body);
    const imageTagDetails = page.map(([imageTag, { digest, pushedAt }]) => ({
      imageTag,
      createdAt: pushedAt / 1000,
      imageDetail: {
        imageDigest: digest,
        imageSizeInBytes: 12_345,
        imagePushedAt: pushedAt / 1000,
        imageManifestMediaType: imageTag.endsWith('-multi')
          ? 'application/vnd.oci.image.index.v1+json'
          : 'application/vnd.oci.image.manifest.v1+json',
        artifactMediaType: 'application/vnd.oci.image.config.v1+json',
      },
    }));
    return { imageTagDetails, nextToken };
  }

  function notFound(name: string): AwsRefusal {
    return new AwsRefusal(
      'RepositoryNotFoundException',
      `The repository with name '${name}' does not exist in the registry with id '${aws.account}'`,
    );
  }

  function paged<T>(key: string, items: readonly T[], body: Record<string, unknown>): { page: T[]; nextToken?: string } {
    const { maxResults: wanted = 100, nextToken } = body as { maxResults?: number; nextToken?: string };
    if (wanted < 1 || wanted > maxResults) throw new AwsRefusal('InvalidParameterException', `Invalid parameter at 'maxResults'`);
    const cursor = nextToken === undefined ? { key, offset: 0 } : cursors.get(nextToken);
    if (cursor?.key !== key) throw new AwsRefusal('InvalidParameterException', `Invalid parameter at 'nextToken'`);
    const end = cursor.offset + Math.min(wanted, pageLimit);
    if (end >= items.length) return { page: items.slice(cursor.offset) };
    const next = randomBytes(12).toString('base64');
    cursors.set(next, { key, offset: end });
    return { page: items.slice(cursor.offset, end), nextToken: next };
  }

  function answerRegistry(call: Call): Answer {
    const { pathname, searchParams } = call.url;
    if (pathname === '/token/') {
      const given = basicOf(call);
      if (given && !(given.username === 'AWS' && (passwords.get(given.password) ?? 0) > clock.now()))
        return { status: 403, body: { errors: [{ code: 'DENIED', message: 'Your authorization token is invalid or has expired.' }] } };
      if (searchParams.get('service') !== 'public.ecr.aws' || searchParams.getAll('scope').includes('aws'))
        return { status: 400, body: 'Bad Request' };
      return { status: 200, body: { token: tokens.issue({ scopes: searchParams.getAll('scope') }, 3600) } };
    }
    const name = /^\/v2\/(.+)\/(?:tags\/list|manifests\/[^/]+)$/.exec(pathname)?.[1];
    const challenge = `Bearer realm="${call.url.origin}/token/",service="public.ecr.aws",scope="${name === undefined ? 'aws' : `repository:${name}:pull`}"`;
    const claims = tokens.check(bearerOf(call));
    if (!claims)
      return { status: 401, headers: { 'www-authenticate': challenge }, body: { errors: [{ code: 'DENIED', message: 'Not Authorized' }] } };
    if (pathname === '/v2/') return { status: 200, body: {} };
    if (!name || !(claims['scopes'] as string[]).some((scope) => scope.startsWith(`repository:${name}:`)))
      return { status: 401, headers: { 'www-authenticate': challenge }, body: { errors: [{ code: 'DENIED', message: 'Not Authorized' }] } };
    return content.answer(call) ?? { status: 404, body: { errors: [{ code: 'UNSUPPORTED', message: 'not here' }] } };
  }

  const [api, registry] = await Promise.all([serve(answerApi), serve(answerRegistry)]);
  return {
    aws,
    content,
    api,
    registry,
    throttle(calls) {
      throttled = calls;
    },
    async close() {
      await Promise.all([api.close(), registry.close(), aws.close()]);
    },
  };
}
