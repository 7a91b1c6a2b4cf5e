import type { ECRClient, ImageDetail, Repository } from '@aws-sdk/client-ecr';
import { z } from 'zod';
import { defineProvider, type RepositoryInfo, type TagInfo } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import { pages } from '../provider/paging.ts';
import { listError } from '../provider/identity/aws-errors.ts';
import { awsScopedIdentity } from '../provider/identity/aws-scoped.ts';
import { explainAws } from './aws/explain.ts';
import { createEcrRepository } from './aws/ecr-create.ts';
import { deleteEcrImage } from './aws/ecr-delete.ts';
import { issuePassword } from './aws/ecr-password.ts';
import { sessionPolicy } from './aws/ecr-scope.ts';
import { accessKeyFields, accessKeyId, secretAccessKey, whereKeys } from './aws/fields.ts';
import { ecrHost, parseEcrHost } from './aws/hosts.ts';
import { type EcrContext, loginOf, whereOf } from './aws/login.ts';
import { type Ecr, openEcr } from './aws/session.ts';
import { roleArnForm, workloadIdentity } from './aws/workload.ts';

const maxPage = 1000;
const indexTypes = new Set(['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']);

const endpointUrl = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?$/, {
    error: 'An endpoint is a URL like https://vpce-0123.api.ecr.eu-west-1.vpce.amazonaws.com.',
  });

/**
 * Private registries of Amazon ECR. A password for `/v2/` is issued by `GetAuthorizationToken` and good for 12 hours; it
 * opens every registry that the identity may read, in that region. Repositories and tags come from the ECR API, which tells
 * digest, size and push time of 1000 images in one call. (Amazon ECR API reference, 2015-09-21.)
 */
export const provider = defineProvider({
  id: 'ecr',
  title: 'Amazon ECR',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke-width="1.6" stroke-linejoin="round"><rect x="3" y="4" width="18" height="16" rx="3" stroke="#c8621a"/><path d="M8 9.5l4-2.2 4 2.2v4.8l-4 2.4-4-2.4z" stroke="#c8621a"/><path d="M8 9.5l4 2.2 4-2.2M12 11.7v5" stroke="#c8621a"/></svg>',
  docs: 'providers/ecr.md',
  rank: 20,
  url: {
    example: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    help: 'Account and region are read from it.',
  },
  namespace: { label: 'Namespace', help: 'First part of the repository names, when only those below it matter to you.', example: 'team-a' },
  hosts: [ecrHost],
  // A registry behind a name of one's own.
  recognises: ({ service }) => service === 'ecr.amazonaws.com',
  inferSettings: (url): Readonly<Record<string, string>> => {
    const host = parseEcrHost(url.hostname);
    return host ? { region: host.region, accountId: host.account } : {};
  },
  settings: z.object({
    region: field(z.string().regex(/^[a-z]{2,6}(?:-[a-z]+){1,3}-\d{1,2}$/, { error: 'A region is spelled like eu-west-1.' }), {
      label: 'AWS region',
      help: 'Read from the URL; asked for only when that is not one of AWS’ own.',
      where: 'In the registry’s URL, after “ecr.”; in the AWS console at the top right.',
      example: 'eu-west-1',
    }),
    accountId: field(
      z
        .string()
        .regex(/^\d{12}$/, { error: 'An account ID is 12 digits.' })
        .optional(),
      {
        label: 'Account ID',
        help: 'Account that owns the repositories. Read from the URL; default: the account that signs in.',
        where: 'The first part of the registry’s URL; in the AWS console under your name at the top right.',
        example: '123456789012',
        advanced: true,
      },
    ),
    apiEndpoint: field(endpointUrl.optional(), {
      label: 'ECR API endpoint',
      help: 'Only for VPC endpoints without private DNS, and for gateways. Default: the region’s own.',
      example: 'https://vpce-0123.api.ecr.eu-west-1.vpce.amazonaws.com',
      advanced: true,
    }),
    stsEndpoint: field(endpointUrl.optional(), {
      label: 'STS endpoint',
      help: 'Where roles are assumed, if not at the region’s own endpoint.',
      example: 'https://vpce-0123.sts.eu-west-1.vpce.amazonaws.com',
      advanced: true,
    }),
  }),
  signIn: {
    'access-key': {
      title: 'Access key',
      help: 'Keys of an IAM user. Best one that may do no more than this hub needs.',
      fields: accessKeyFields,
    },
    role: {
      title: 'This machine’s own role',
      ambient: true,
      help: 'What AWS gives to the machine that Tagboat runs on: an instance profile, an ECS task role, a service account’s role on EKS (IRSA or Pod Identity), or AWS_* variables. Nothing to store, and it renews itself.',
      fields: z.object({}),
    },
    'assume-role': {
      title: 'Assume a role',
      ambient: true,
      help: 'A role of this or another account, assumed by this machine’s own role, or by an access key if one is given.',
      fields: z.object({
        roleArn: field(
          z.string().regex(roleArnForm, {
            error: 'A role ARN is spelled like arn:aws:iam::123456789012:role/tagboat.',
          }),
          {
            label: 'Role ARN',
            example: 'arn:aws:iam::123456789012:role/tagboat-read',
            where: 'IAM → Roles → the role → ARN.',
          },
        ),
        externalId: field(
          z
            .string()
            .regex(/^[\w+=,.@:/-]{2,1224}$/, { error: 'An external ID is 2 to 1224 letters, digits and + = , . @ : / -.' })
            .optional(),
          {
            label: 'External ID',
            help: 'What the role’s trust policy asks for in sts:ExternalId. Ask for one when the role belongs to somebody else.',
          },
        ),
        accessKeyId: field(accessKeyId.optional(), {
          label: 'Access key ID',
          help: 'Empty: this machine’s own role.',
          where: whereKeys,
          advanced: true,
        }),
        secretAccessKey: secret(secretAccessKey.optional(), { label: 'Secret access key', where: whereKeys, advanced: true }),
      }),
    },
  },
  traits: {
    maxPageSize: maxPage,
    preemptiveBasic: true,
    catalog: 'provider',
    referrers: 'api',
    delete: 'provider',
    providerDeletes: 'both',
    // Off unless the account has set BLOB_MOUNTING; a refused mount costs one request a blob.
    mount: false,
    createRepository: true,
    scopedTo: 'repository',
  },

  async issueCredential(ctx) {
    const login = loginOf(ctx);
    return issuePassword(ctx, login, { home: login.key === undefined });
  },

  async issueScoped(ctx, scope) {
    const login = loginOf(ctx);
    const { region } = login;
    // Of whoever owns the repositories; without that a policy would open repositories of the same name anywhere.
    const account = ctx.settings.accountId ?? login.assume?.roleArn.split(':')[4];
    if (account === undefined) return undefined;
    const policy = sessionPolicy({ region, account, namespace: ctx.namespace }, scope);
    const identity = await awsScopedIdentity(ctx, login, { policy, seconds: scope.lifetime / 1000 });
    return identity && issuePassword(ctx, { ...login, assume: undefined, key: identity }, { home: login.key === undefined });
  },

  async issueForWorkload(ctx, workload) {
    const where = whereOf(ctx);
    const identity = await workloadIdentity(ctx, where, workload);
    return identity && issuePassword(ctx, { ...where, key: identity }, { home: true });
  },

  /** Access keys do not end by themselves; of temporary ones AWS does not tell the end. */
  secretEnds: ({ signIn }) => Promise.resolve(signIn.method === 'access-key' && !signIn.sessionToken ? { secretAccessKey: undefined } : {}),

  createRepository: createEcrRepository,

  deleteImage: deleteEcrImage,

  async *listRepositories(ctx) {
    const { DescribeRepositoriesCommand } = await import('@aws-sdk/client-ecr');
    const { accountId: registryId } = ctx.settings;
    const prefix = ctx.namespace ? `${ctx.namespace}/` : '';
    const answers = walk(ctx, 'DescribeRepositories', (client, nextToken) =>
      client.send(new DescribeRepositoriesCommand({ registryId, maxResults: maxPage, nextToken })),
    );
    for await (const { repositories = [] } of answers) {
      yield { items: repositories.flatMap((repository) => repositoryInfo(repository, prefix)) };
    }
  },

  async *listTags(ctx, repositoryName) {
    const { DescribeImagesCommand } = await import('@aws-sdk/client-ecr');
    const { accountId: registryId } = ctx.settings;
    const answers = walk(ctx, 'DescribeImages', (client, nextToken) =>
      client.send(
        new DescribeImagesCommand({ registryId, repositoryName, filter: { tagStatus: 'TAGGED' }, maxResults: maxPage, nextToken }),
      ),
    );
    for await (const { imageDetails = [] } of answers) yield { items: imageDetails.flatMap(tagInfos) };
  },

  explain: (error, { signIn }) => explainAws(error, signIn),
});

/** The answers of a paged ECR call, up to its end. */
function walk<R extends { nextToken?: string }>(
  ctx: EcrContext,
  operation: string,
  send: (client: ECRClient, nextToken?: string) => Promise<R>,
): AsyncGenerator<R> {
  let ecr: Ecr | undefined;
  return pages<R, string>(
    async (nextToken) => {
      ecr ??= await openEcr(ctx, loginOf(ctx));
      const { client, call } = ecr;
      const page = await call(() => send(client, nextToken)).catch((error: unknown) => {
        throw listError(error, operation, ctx.url.origin);
      });
      return { page, next: page.nextToken || undefined };
    },
    { service: 'Amazon ECR', url: ctx.url, signal: ctx.signal },
  );
}

function repositoryInfo({ repositoryName: name, createdAt }: Repository, prefix: string): RepositoryInfo[] {
  if (!name?.startsWith(prefix)) return [];
  return [{ name, ...(createdAt && { createdAt: createdAt.getTime() }) }];
}

/** An image can have many tags. The size that ECR tells of an index is that of one of its images, so it is left out. */
function tagInfos(image: ImageDetail): TagInfo[] {
  const {
    imageTags = [],
    imageDigest,
    imagePushedAt,
    lastRecordedPullTime,
    imageSizeInBytes,
    imageManifestMediaType,
    artifactMediaType,
  } = image;
  const index = imageManifestMediaType !== undefined && indexTypes.has(imageManifestMediaType);
  return imageTags.map((name) => ({
    name,
    digest: imageDigest,
    pushedAt: imagePushedAt?.getTime(),
    pulledAt: lastRecordedPullTime?.getTime(),
    size: index ? undefined : imageSizeInBytes,
    mediaType: imageManifestMediaType,
    artifactType: artifactMediaType,
  }));
}
