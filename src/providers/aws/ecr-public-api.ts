import { z } from 'zod';
import { CredentialError, RegistryError } from '../../core/errors.ts';
import type { ListPage, RepositoryInfo, TagInfo } from '../../provider/define.ts';
import { pages } from '../../provider/paging.ts';
import { type AwsContext, type AwsIdentity, awsIdentity } from '../../provider/identity/aws.ts';
import { AwsException, callAwsJson } from '../../provider/identity/aws-call.ts';
import { issueError, listError } from '../../provider/identity/aws-errors.ts';
import type { Deletable } from '../../oci/index.ts';
import { deleteOperation, deletionError, imageIdOf, refuseFailures } from './deleting.ts';
import { decodeAuthorizationToken } from './fields.ts';

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

export interface EcrPublicContext extends AwsContext {
  /** Base URL of the API. */
  api: string;
  /** Undefined: this machine's own role. */
  key?: AwsIdentity;
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

const registries = z.object({ registries: z.array(z.object({ aliases: z.array(z.object({ name: z.string() })).nullish() })) });

/**
 * Makes a repository in the registry of the account that signs in, whose alias the name has to begin with.
 *
 * @throws RegistryError `registry_denied` for an alias of somebody else
 */
export async function createOwn(ctx: EcrPublicContext, repository: string): Promise<'created' | 'exists'> {
  const url = new URL(ctx.api).origin;
  const [alias = '', ...rest] = repository.split('/');
  const repositoryName = rest.join('/');
  try {
    const own = await callEcrPublic(ctx, 'DescribeRegistries', {}, registries);
    if (!own.registries.some(({ aliases }) => aliases?.some(({ name }) => name === alias))) {
      throw new RegistryError(
        `The alias ${alias} is not one of the account that signs in, and a repository can be made in one’s own only.`,
        {
          code: 'registry_denied',
          method: 'POST',
          url,
          context: { service, foreignAlias: true },
        },
      );
    }
    await callEcrPublic(ctx, 'CreateRepository', { repositoryName }, z.object({}));
    return 'created';
  } catch (error) {
    if (error instanceof AwsException && error.name === 'RepositoryAlreadyExistsException') return 'exists';
    throw listError(error, 'CreateRepository', url, service);
  }
}

const deleted = z.object({
  failures: z.array(z.object({ failureCode: z.string().nullish(), failureReason: z.string().nullish() })).nullish(),
});

/**
 * Deletes a tag or an image of the account that signs in (`BatchDeleteImage`, Amazon ECR Public API reference).
 *
 * @throws RegistryError `registry_denied` for a repository of somebody else, `registry_not_found`, …
 */
export async function deleteOwn(ctx: EcrPublicContext, repository: string, what: Deletable): Promise<void> {
  const place = { service, url: new URL(ctx.api).origin } as const;
  // The API leaves the alias out of names: without a look, one’s own repository would be taken for another’s of the same name.
  if (!(await isOwn(ctx, repository))) {
    throw new RegistryError(`${repository} is not of the account that signs in, and one can delete from one’s own repositories only.`, {
      code: 'registry_denied',
      method: 'POST',
      url: place.url,
      context: { service, help: 'Sign in with an identity of the account that the alias belongs to.' },
    });
  }
  const repositoryName = repository.slice(repository.indexOf('/') + 1);
  const input = { repositoryName, imageIds: [imageIdOf(what)] };
  const { failures } = await callEcrPublic(ctx, deleteOperation, input, deleted).catch((error: unknown) => {
    throw deletionError(error, 'ecr-public:BatchDeleteImage', place);
  });
  refuseFailures(failures, place);
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
    if (error instanceof AwsException && /^(?:RepositoryNotFound|InvalidParameter|RegistryNotFound)Exception$/.test(error.name))
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

async function callEcrPublic<T>(ctx: EcrPublicContext, operation: string, input: unknown, schema: z.ZodType<T>): Promise<T> {
  const identity = () => awsIdentity(ctx, { region, ...(ctx.key && { key: ctx.key }) });
  const url = new URL('/', ctx.api);
  const target = `SpencerFrontendService.${operation}`;
  return callAwsJson(ctx, { service, signingName: 'ecr-public', region, url, target, input, identity }, schema);
}

function nameOf(repositoryUri: string): string {
  return repositoryUri.slice(repositoryUri.indexOf('/') + 1);
}

function milliseconds(seconds: number | null | undefined): number | undefined {
  return seconds ? seconds * 1000 : undefined;
}
