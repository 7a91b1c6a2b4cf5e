import { z } from 'zod';
import { CredentialError } from '../../core/errors.ts';
import { readJson } from '../../provider/api.ts';
import type { ListPage, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { pages } from '../../provider/paging.ts';
import { patiently } from '../../provider/patience.ts';
import { sigv4Headers } from '../../provider/signing/sigv4.ts';
import { isThrottle, issueError, listError } from './errors.ts';
import { decodeAuthorizationToken } from './fields.ts';
import { type AwsContext, awsIdentity, type AwsKey } from './session.ts';

const service = 'Amazon ECR Public';
/** The API is served in us-east-1 only. */
const region = 'us-east-1';
const maxPage = 1000;
const indexTypes = new Set(['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']);

const token = z.object({ authorizationData: z.object({ authorizationToken: z.string(), expiresAt: z.number() }) });

const repositories = z.object({
  repositories: z.array(z.object({ repositoryUri: z.string(), createdAt: z.number().nullish() })),
  nextToken: z.string().nullish(),
});

const tags = z.object({
  imageTagDetails: z.array(
    z.object({
      imageTag: z.string(),
      createdAt: z.number().nullish(),
      imageDetail: z
        .object({
          imageDigest: z.string().nullish(),
          imageSizeInBytes: z.number().nullish(),
          imagePushedAt: z.number().nullish(),
          imageManifestMediaType: z.string().nullish(),
          artifactMediaType: z.string().nullish(),
        })
        .nullish(),
    }),
  ),
  nextToken: z.string().nullish(),
});

/** AWS is not of one mind about the case. */
const refusalBody = z.object({
  __type: z.string().regex(/^[\w.#-]{1,200}$/),
  message: z.string().nullish(),
  Message: z.string().nullish(),
});

export interface EcrPublicContext extends AwsContext {
  /** Base URL of the API. */
  api: string;
  /** Undefined: this machine's own role. */
  key?: AwsKey;
}

/** What the API refused, in the form that the AWS SDK gives its exceptions. */
class EcrPublicException extends Error {
  readonly $metadata: { httpStatusCode: number; requestId?: string };
  /** The service's time by its answer, epoch milliseconds. */
  readonly serviceTime: number;

  constructor(name: string, message: string, httpStatusCode: number, headers: Readonly<Record<string, string>>) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode, requestId: headers['x-amzn-requestid'] };
    this.serviceTime = Date.parse(headers['date'] ?? '');
  }
}

/** @throws CredentialError, TransportError */
export async function authorizationToken(ctx: EcrPublicContext): Promise<{ username: string; password: string; expiresAt: number }> {
  const { authorizationData } = await callEcrPublic(ctx, 'GetAuthorizationToken', {}, token).catch((error: unknown) => {
    throw issueError(error, service);
  });
  const password = decodeAuthorizationToken(authorizationData.authorizationToken);
  if (!password) {
    throw new CredentialError(`${service} answered without an authorization token.`, {
      code: 'credential_unavailable',
      context: { service },
    });
  }
  return { ...password, expiresAt: authorizationData.expiresAt * 1000 };
}

/** Repositories of the account that signs in, by their names in references: `<alias>/<name>`. */
export async function* ownRepositories(ctx: EcrPublicContext): AsyncGenerator<ListPage<RepositoryInfo>> {
  for await (const page of walk(ctx, 'DescribeRepositories', {}, repositories)) {
    yield {
      items: page.repositories.map(({ repositoryUri, createdAt }) => ({
        name: nameOf(repositoryUri),
        public: true,
        ...(createdAt && { createdAt: createdAt * 1000 }),
      })),
    };
  }
}

/** Tags of a repository of the account that signs in, with digest, time and, for single images, size. */
export async function* ownTags(ctx: EcrPublicContext, repository: string): AsyncGenerator<ListPage<TagInfo>> {
  const repositoryName = repository.slice(repository.indexOf('/') + 1);
  for await (const page of walk(ctx, 'DescribeImageTags', { repositoryName }, tags)) {
    yield {
      items: page.imageTagDetails.map(({ imageTag, createdAt, imageDetail }) => {
        const mediaType = imageDetail?.imageManifestMediaType ?? undefined;
        return {
          name: imageTag,
          digest: imageDetail?.imageDigest ?? undefined,
          pushedAt: milliseconds(imageDetail?.imagePushedAt ?? createdAt),
          size: mediaType !== undefined && indexTypes.has(mediaType) ? undefined : (imageDetail?.imageSizeInBytes ?? undefined),
          mediaType,
          artifactType: imageDetail?.artifactMediaType ?? undefined,
        };
      }),
    };
  }
}

/** Whether a repository belongs to the account that signs in. The API knows others' not at all, so they are read by the registry. */
export async function isOwn(ctx: EcrPublicContext, repository: string): Promise<boolean> {
  const repositoryNames = [repository.slice(repository.indexOf('/') + 1)];
  try {
    const answer = await callEcrPublic(ctx, 'DescribeRepositories', { repositoryNames }, repositories);
    return answer.repositories.some(({ repositoryUri }) => nameOf(repositoryUri) === repository);
  } catch (error) {
    // A name that is none by the rules for one's own is not one's own either.
    if (error instanceof EcrPublicException && /^(?:RepositoryNotFound|InvalidParameter|RegistryNotFound)Exception$/.test(error.name))
      return false;
    throw listError(error, 'DescribeRepositories', new URL(ctx.api).origin, service);
  }
}

function walk<T extends { nextToken?: string | null }>(
  ctx: EcrPublicContext,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
): AsyncGenerator<T> {
  const url = new URL(ctx.api);
  return pages<T, string>(
    async (nextToken) => {
      const page = await callEcrPublic(ctx, operation, { ...input, maxResults: maxPage, nextToken }, schema).catch((error: unknown) => {
        throw listError(error, operation, url.origin, service);
      });
      return { page, next: page.nextToken || undefined };
    },
    { service, url, signal: ctx.signal },
  );
}

/** Signs and sends, repeating what AWS throttles; and once by AWS' time when this machine's clock turns out to be wrong. */
async function callEcrPublic<T>(ctx: EcrPublicContext, operation: string, input: unknown, schema: z.ZodType<T>): Promise<T> {
  let offset = 0;
  return patiently(
    ctx,
    async () => {
      try {
        return await sendEcrPublic(ctx, operation, input, schema, offset);
      } catch (error) {
        if (!(error instanceof EcrPublicException) || offset !== 0 || Number.isNaN(error.serviceTime)) throw error;
        if (!/signature (?:expired|not yet current)/i.test(error.message)) throw error;
        offset = error.serviceTime - ctx.clock.now();
        return sendEcrPublic(ctx, operation, input, schema, offset);
      }
    },
    isThrottle,
  );
}

async function sendEcrPublic<T>(
  ctx: EcrPublicContext,
  operation: string,
  input: unknown,
  schema: z.ZodType<T>,
  offset: number,
): Promise<T> {
  const { accessKeyId, secretAccessKey, sessionToken } = await awsIdentity(ctx, { region, ...(ctx.key && { key: ctx.key }) });
  const url = new URL('/', ctx.api);
  const body = JSON.stringify(input);
  const headers = sigv4Headers({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `SpencerFrontendService.${operation}` },
    body,
    accessKeyId,
    secretAccessKey,
    sessionToken,
    region,
    service: 'ecr-public',
    now: ctx.clock.now() + offset,
  });
  // A page of listings is larger than what other APIs answer. All calls made here are reads.
  const answer = await ctx.http.send(url, {
    method: 'POST',
    headers,
    body,
    idempotent: true,
    maxBytes: 16 * 1024 * 1024,
    signal: ctx.signal,
  });
  if (answer.status === 200) return readJson({ service, method: 'POST', url }, answer.text, schema);
  const { name, message } = refusalOf(answer.text, answer.status);
  throw new EcrPublicException(name, message, answer.status, answer.headers);
}

/** `{"__type": "…#Code", "message": …}`; of what is no such thing, the status. */
function refusalOf(text: string, status: number): { name: string; message: string } {
  try {
    const { __type: type, message, Message } = refusalBody.parse(JSON.parse(text));
    return { name: type.replace(/^.*#/, ''), message: message ?? Message ?? '' };
  } catch {
    // A gateway's page, perhaps.
  }
  return { name: `status ${status}`, message: '' };
}

function nameOf(repositoryUri: string): string {
  return repositoryUri.slice(repositoryUri.indexOf('/') + 1);
}

function milliseconds(seconds: number | null | undefined): number | undefined {
  return seconds ? seconds * 1000 : undefined;
}
