import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { type AwsAccounts, may, type Principal } from './aws-accounts.ts';
import { deleteImages, type ImageId } from './aws-delete-images.ts';
import { type CloudContent, uploadBegun } from './content.ts';
import { type Answer, basicOf, type Call } from './serve.ts';
import { AwsRefusal, verify } from './sigv4.ts';

const target = 'AmazonEC2ContainerRegistry_V20150921.';
/** Passwords of the registry are good for twelve hours. */
const passwordLifetime = 12 * 3600_000;
const maxResults = 1000;

export interface EcrOptions {
  accounts: AwsAccounts;
  clock: Clock;
  content: CloudContent;
  account: string;
  region: string;
  /** Most items of an API page; AWS may answer fewer than asked for. Default 1000. */
  pageLimit?: number;
}

interface Body {
  registryId?: string;
  repositoryName?: string;
  repositoryNames?: string[];
  maxResults?: number;
  nextToken?: string;
  filter?: { tagStatus?: string };
  imageIds?: ImageId[];
}

/** Amazon ECR of one account and region: its JSON API, signed, and its registry, which takes the issued passwords. */
export class FakeEcr {
  readonly #options: EcrOptions;
  readonly #passwords = new Map<string, { until: number; holder: Principal }>();
  readonly #cursors = new Map<string, { key: string; offset: number }>();
  #throttled = 0;
  /** Digests that an image index needs: they cannot be deleted. */
  readonly parts = new Set<string>();
  /** Where the registry is served. */
  registryOrigin = '';

  constructor(options: EcrOptions) {
    this.#options = options;
  }

  /** The next calls of the API are refused with ThrottlingException. */
  throttle(calls: number): void {
    this.#throttled = calls;
  }

  /** The JSON API. */
  answerApi(call: Call): Answer {
    const { accounts, clock, region } = this.#options;
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      date: new Date(clock.now()).toUTCString(),
      'x-amzn-requestid': '01234567-0123-0123-0123-012345678901',
    };
    try {
      const caller = accounts.principalOf(verify(call, { service: 'ecr', region, now: clock.now(), keyOf: (id) => accounts.keyOf(id) }));
      if (this.#throttled > 0) {
        this.#throttled--;
        throw new AwsRefusal('ThrottlingException', 'Rate exceeded');
      }
      const operation = (call.headers['x-amz-target'] ?? '').replace(target, '');
      if (call.headers['content-type'] !== 'application/x-amz-json-1.1')
        throw new AwsRefusal('SerializationException', 'Unexpected content type');
      return { status: 200, headers, body: JSON.stringify(this.#operate(operation, JSON.parse(call.body) as Body, caller)) };
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error;
      return { status: error.status, headers, body: JSON.stringify({ __type: error.code, message: error.message }) };
    }
  }

  /** The registry, `/v2/`, with Basic authentication only. */
  answerRegistry(call: Call): Answer {
    const issued = this.#passwords.get(basicOf(call)?.password ?? '');
    const challenge = {
      'www-authenticate': `Basic realm="${this.registryOrigin}/",service="ecr.amazonaws.com"`,
      'docker-distribution-api-version': 'registry/2.0',
    };
    if (basicOf(call)?.username !== 'AWS' || issued === undefined) return { status: 401, headers: challenge, body: 'Not Authorized\n' };
    if (issued.until <= this.#options.clock.now()) {
      return {
        status: 403,
        headers: challenge,
        body: { errors: [{ code: 'DENIED', message: 'Your authorization token has expired. Reauthenticate and try again.' }] },
      };
    }
    if (call.url.pathname === '/v2/') return { status: 200, headers: { 'docker-distribution-api-version': 'registry/2.0' }, body: {} };
    const asked = /^\/v2\/(.+)\/(tags\/list|manifests\/|blobs\/uploads\/)/.exec(call.url.pathname);
    const action = { 'tags/list': 'ecr:ListImages', 'manifests/': 'ecr:BatchGetImage', 'blobs/uploads/': 'ecr:InitiateLayerUpload' }[
      asked?.[2] ?? ''
    ];
    if (action !== undefined && !may(issued.holder, action, this.#arnOf(asked?.[1] ?? ''))) {
      const message = `User: ${issued.holder.arn} is not authorized to perform: ${action} on resource: ${this.#arnOf(asked?.[1] ?? '')}`;
      return { status: 403, body: { errors: [{ code: 'DENIED', message }] } };
    }
    if (action === 'ecr:InitiateLayerUpload') return uploadBegun(asked?.[1] ?? '');
    if (Number(call.url.searchParams.get('n') ?? 1) > maxResults) {
      return {
        status: 405,
        body: { errors: [{ code: 'UNSUPPORTED', message: "Invalid parameter at 'maxResults' failed to satisfy constraint" }] },
      };
    }
    return this.#options.content.answer(call) ?? { status: 404, body: { errors: [{ code: 'UNSUPPORTED', message: 'not here' }] } };
  }

  #operate(operation: string, body: Body, caller: Principal): unknown {
    const { account, region, clock, content } = this.#options;
    if (!['GetAuthorizationToken', 'CreateRepository', 'DescribeRepositories', 'DescribeImages', 'BatchDeleteImage'].includes(operation))
      throw new AwsRefusal('UnknownOperationException', '');
    const resource = operation === 'GetAuthorizationToken' ? '*' : this.#arnOf(body.repositoryName ?? body.repositoryNames?.[0] ?? '*');
    if (!may(caller, `ecr:${operation}`, resource)) {
      throw new AwsRefusal(
        'AccessDeniedException',
        `User: ${caller.arn} is not authorized to perform: ecr:${operation} on resource: ${resource} because no identity-based policy allows the ecr:${operation} action`,
      );
    }
    if (operation === 'GetAuthorizationToken') {
      const password = randomBytes(600).toString('base64');
      const expiresAt = clock.now() + passwordLifetime;
      this.#passwords.set(password, { until: expiresAt, holder: caller });
      const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
      return { authorizationData: [{ authorizationToken, expiresAt: expiresAt / 1000, proxyEndpoint: this.registryOrigin }] };
    }
    if (body.registryId !== undefined && body.registryId !== account)
      throw new AwsRefusal(
        'AccessDeniedException',
        `User: ${caller.arn} is not authorized to perform: ecr:${operation} on resource: ${resource}`,
      );
    if (operation === 'CreateRepository') return this.#create(body.repositoryName ?? '');
    if (operation === 'DescribeRepositories') {
      const missing = body.repositoryNames?.find((name) => !content.repositories.has(name));
      if (missing !== undefined)
        throw new AwsRefusal(
          'RepositoryNotFoundException',
          `The repository with name '${missing}' does not exist in the registry with id '${account}'`,
        );
      const { page, nextToken } = this.#page(operation, body.repositoryNames ?? [...content.repositories.keys()], body);
      const repositories = page.map((name) => ({
        repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${name}`,
        registryId: account,
        repositoryName: name,
        repositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${name}`,
        createdAt: 1_700_000_000.5,
        imageTagMutability: 'MUTABLE',
      }));
      return { repositories, nextToken };
    }
    const tags = content.repositories.get(body.repositoryName ?? '');
    if (!tags)
      throw new AwsRefusal(
        'RepositoryNotFoundException',
        `The repository with name '${body.repositoryName}' does not exist in the registry with id '${account}'`,
      );
    if (operation === 'BatchDeleteImage') return deleteImages(content, body.repositoryName ?? '', body.imageIds, this.parts);
    const images = new Map<string, { tags: string[]; pushedAt: number }>();
    for (const [name, { digest, pushedAt }] of tags) {
      const image = images.get(digest) ?? { tags: [], pushedAt };
      image.tags.push(name);
      images.set(digest, image);
    }
    const { page, nextToken } = this.#page(`${operation}:${body.repositoryName}`, [...images], body);
    const imageDetails = page.map(([imageDigest, { tags: imageTags, pushedAt }]) => ({
      registryId: account,
      repositoryName: body.repositoryName,
      imageDigest,
      imageTags,
      imageSizeInBytes: 12_345,
      imagePushedAt: pushedAt / 1000,
      imageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactMediaType: 'application/vnd.oci.image.config.v1+json',
    }));
    return { imageDetails, nextToken };
  }

  #arnOf(repository: string): string {
    return `arn:aws:ecr:${this.#options.region}:${this.#options.account}:repository/${repository}`;
  }

  #create(name: string): unknown {
    const { account, content } = this.#options;
    if (!/^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
      throw new AwsRefusal('InvalidParameterException', "Invalid parameter at 'repositoryName' failed to satisfy constraint");
    if (content.repositories.has(name))
      throw new AwsRefusal(
        'RepositoryAlreadyExistsException',
        `The repository with name '${name}' already exists in the registry with id '${account}'`,
      );
    content.addRepository(name);
    return { repository: { repositoryName: name, registryId: account, repositoryArn: this.#arnOf(name) } };
  }

  #page<T>(key: string, items: readonly T[], { maxResults: wanted = 100, nextToken }: Body): { page: T[]; nextToken?: string } {
    if (wanted < 1 || wanted > maxResults)
      throw new AwsRefusal(
        'InvalidParameterException',
        `Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to ${maxResults}'`,
      );
    const cursor = nextToken === undefined ? { key, offset: 0 } : this.#cursors.get(nextToken);
    if (cursor?.key !== key)
      throw new AwsRefusal('InvalidParameterException', "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'");
    const end = cursor.offset + Math.min(wanted, this.#options.pageLimit ?? maxResults);
    const page = items.slice(cursor.offset, end);
    if (end >= items.length) return { page };
    const next = randomBytes(12).toString('base64');
    this.#cursors.set(next, { key, offset: end });
    return { page, nextToken: next };
  }
}
