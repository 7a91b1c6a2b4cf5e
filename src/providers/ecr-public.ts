import { z } from 'zod';
import { InvalidSettings, RegistryError, TagboatError, UnsupportedError } from '../core/errors.ts';
import { registryTags } from '../provider/closed-catalog.ts';
import { defineProvider, type Explanation, type ProviderContext } from '../provider/define.ts';
import { endpointOf } from '../provider/endpoint.ts';
import { authorizationToken, createOwn, deleteOwn, type EcrPublicContext, isOwn, ownRepositories, ownTags } from './aws/ecr-public-api.ts';
import type { AwsContext, AwsKey } from '../provider/identity/aws.ts';
import { explainAws } from './aws/explain.ts';
import { accessKey, accessKeyFields } from './aws/fields.ts';
import { workloadIdentity } from './aws/workload.ts';

const dualStack = 'ecr-public.aws.com';
const registryHosts = /^(?:public\.ecr\.aws|ecr-public\.aws\.com)$/;
const gallery = 'gallery.ecr.aws';
const region = 'us-east-1';
const endpoints = {
  api: `https://api.ecr-public.${region}.amazonaws.com`,
  sts: `https://sts.${region}.amazonaws.com`,
  registry: 'https://public.ecr.aws',
};

/**
 * Amazon ECR Public, the gallery of public images at AWS. Everybody may pull, by a token that the registry's own token server
 * gives; those who sign in have larger quotas, and their own repositories listed by the API, which is served in us-east-1 only.
 * (Amazon ECR Public API reference, 2020-10-30; "Making requests to Amazon ECR Public registries".)
 */
export const provider = defineProvider({
  id: 'ecr-public',
  title: 'Amazon ECR Public',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#c8621a" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><circle cx="12" cy="12" r="9"/><path d="M8 9.7l4-2.2 4 2.2v4.6l-4 2.4-4-2.4z"/><path d="M8 9.7l4 2.2 4-2.2M12 11.9v4.8"/></svg>',
  docs: 'providers/ecr-public.md',
  rank: 21,
  url: { example: 'public.ecr.aws', help: 'Or ecr-public.aws.com, the same over IPv6 as well.' },
  namespace: {
    label: 'Registry alias',
    help: 'First part of the repository names: an account’s alias, or its default one.',
    example: 'acme',
  },
  hosts: [/^(?:public\.ecr\.aws|ecr-public\.aws\.com|gallery\.ecr\.aws)$/],
  // The gallery is what people have in their browsers; what it is about begins the repositories' names.
  normaliseUrl: (url) => (url.hostname === gallery ? new URL(`/${aliasOf(url) ?? ''}`, endpoints.registry) : url),
  inferNamespace: (url) => (url.hostname === gallery || registryHosts.test(url.hostname) ? aliasOf(url) : undefined),
  // Either host's token server is AWS'.
  realms: [registryHosts],
  endpoints,
  settings: z.object({}),
  signIn: {
    anonymous: { title: 'No sign-in', help: 'Everything in it is public, at the smallest quota.', fields: z.object({}) },
    'access-key': {
      title: 'Access key',
      help: 'Keys of an IAM user. Your own repositories are listed, and quotas are larger.',
      fields: accessKeyFields,
    },
    role: {
      title: 'This machine’s own role',
      ambient: true,
      help: 'What AWS gives to the machine that Tagboat runs on: an instance profile, an ECS task role, a service account’s role on EKS (IRSA or Pod Identity), or AWS_* variables. Nothing to store, and it renews itself.',
      fields: z.object({}),
    },
  },
  traits: {
    maxPageSize: 1000,
    // The challenge of /v2/ asks for a scope “aws”, which is none.
    placeholderScope: true,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'provider',
    providerDeletes: 'both',
    mount: false,
    createRepository: true,
  },
  probeRepository: 'docker/library/alpine',

  async issueCredential(ctx) {
    const signedIn = apiContext(ctx);
    if (!signedIn) return { kind: 'anonymous' };
    if (!signedIn.key) keepHome(ctx);
    return { kind: 'basic', ...(await authorizationToken(signedIn)), issuedAt: ctx.clock.now() };
  },

  async issueForWorkload(ctx, workload) {
    const key = await workloadIdentity(ctx, { region, stsEndpoint: endpointOf(provider, ctx, 'sts') }, workload);
    if (!key) return undefined;
    keepHome(ctx);
    return { kind: 'basic', ...(await authorizationToken({ ...callContext(ctx), key })), issuedAt: ctx.clock.now() };
  },

  /** Access keys do not end by themselves; of temporary ones AWS does not tell the end. */
  secretEnds: ({ signIn }) => Promise.resolve(signIn.method === 'access-key' && !signIn.sessionToken ? { secretAccessKey: undefined } : {}),

  async createRepository(ctx, repository) {
    const signedIn = apiContext(ctx);
    if (signedIn) return createOwn(signedIn, repository);
    throw new UnsupportedError('Amazon ECR Public lets nobody make a repository who is not signed in.', { service: 'Amazon ECR Public' });
  },

  async deleteImage(ctx, repository, what) {
    const signedIn = apiContext(ctx);
    if (signedIn) return deleteOwn(signedIn, repository, what);
    throw new UnsupportedError('Amazon ECR Public lets nobody delete who is not signed in.', { service: 'Amazon ECR Public' });
  },

  async *listRepositories(ctx) {
    const signedIn = apiContext(ctx);
    if (!signedIn) {
      throw new UnsupportedError(
        'Amazon ECR Public lists repositories to nobody but their owners. Pin those that matter to you, or sign in to list those of your account.',
        { service: 'Amazon ECR Public' },
      );
    }
    const below = ctx.namespace ? `${ctx.namespace}/` : '';
    for await (const { items } of ownRepositories(signedIn)) yield { items: items.filter(({ name }) => name.startsWith(below)) };
  },

  async *listTags(ctx, repository) {
    const signedIn = apiContext(ctx);
    if (signedIn && (await isOwn(signedIn, repository).catch(orDenied))) yield* ownTags(signedIn, repository);
    else yield* registryTags(ctx, repository);
  },

  explain: (error, { signIn }) => (error instanceof TagboatError ? explain(error, signIn) : undefined),
});

function aliasOf({ pathname }: URL): string | undefined {
  return /^\/(?!v2(?:\/|$))([a-z0-9][a-z0-9._-]{0,49})(?:\/|$)/.exec(pathname)?.[1];
}

type SignInInput = { method: 'anonymous' } | { method: 'role' } | ({ method: 'access-key' } & AwsKey);

type CallContext = AwsContext & Pick<ProviderContext, 'url' | 'endpoints'>;

/** What calls of the API need; undefined for those who do not sign in. */
function apiContext(ctx: CallContext & { signIn: SignInInput }): EcrPublicContext | undefined {
  const { signIn } = ctx;
  if (signIn.method === 'anonymous') return undefined;
  return { ...callContext(ctx), ...(signIn.method === 'access-key' && { key: accessKey(signIn) }) };
}

function callContext(ctx: CallContext): EcrPublicContext {
  const { http, clock, signal, url } = ctx;
  const replaced = ctx.endpoints?.['api'] !== undefined;
  const api = url.hostname === dualStack && !replaced ? 'https://ecr-public.us-east-1.api.aws' : endpointOf(provider, ctx, 'api');
  return { http, clock, signal, api };
}

/**
 * The password issued to this machine's role also pushes to its account's repositories. Whoever may add a registry could have it
 * sent to a host of their own, so it goes to AWS' hosts only.
 */
function keepHome(ctx: Pick<ProviderContext, 'url' | 'endpoints'>): void {
  const { url } = ctx;
  if (registryHosts.test(url.hostname) || url.origin === new URL(endpointOf(provider, ctx, 'registry')).origin) return;
  const message = `The password of a role is sent to Amazon ECR Public only, and ${url.host} is not its host.`;
  throw new InvalidSettings(message, [{ field: 'url', message }]);
}

/** Without the permission to look, the registry tells the names all the same. */
function orDenied(error: unknown): boolean {
  if (error instanceof RegistryError && error.code === 'registry_denied') return false;
  throw error;
}

function explain(error: TagboatError, signIn: string): Explanation | undefined {
  const { awsCode, action } = error.context as { awsCode?: string; action?: string };
  if (awsCode === 'AccessDenied') {
    return {
      message: `The AWS identity lacks the permission ${action ?? 'for this call'}.`,
      help: 'To sign in, a policy has to allow ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken, both on the resource *; to list, ecr-public:DescribeRepositories and ecr-public:DescribeImageTags.',
      field: 'signIn',
    };
  }
  if (awsCode !== undefined) return explainAws(error, signIn);
  if (error.context['foreignAlias'] === true) {
    return {
      message: 'A repository can be made below an alias of one’s own account only.',
      help: 'Names begin with the alias: ECR → Public registry → Settings shows which are yours.',
      field: 'namespace',
    };
  }
  switch (error.code) {
    case 'registry_rate_limited':
      return {
        message: 'ECR Public wants fewer requests from this address.',
        help: signIn === 'anonymous' ? 'Sign in: quotas are larger then.' : 'Set “requests per second” of this registry lower.',
      };
    case 'unsupported':
      return {
        message: 'ECR Public lists repositories to nobody but their owners.',
        help: 'Pin the repositories that matter to you, e.g. docker/library/alpine, or sign in to list those of your own account.',
        field: 'signIn',
      };
    case 'registry_not_found':
    case 'registry_denied':
    case 'registry_unauthorized':
      return {
        message: 'ECR Public has no such repository or tag.',
        help: 'Check the name with its registry alias; gallery.ecr.aws shows what there is.',
        field: 'namespace',
      };
    default:
      return undefined;
  }
}
