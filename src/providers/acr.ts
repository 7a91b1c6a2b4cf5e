import { z } from 'zod';
import { InvalidSettings, RegistryError } from '../core/errors.ts';
import { registryTags } from '../provider/closed-catalog.ts';
import type { Credential } from '../oci/index.ts';
import { defineProvider, type ProviderContext } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import { password, username } from '../provider/fields.ts';
import { type AzureCloud, azureEndpoints, type EntraContext, type EntraSignIn, entraToken } from '../provider/identity/azure.ts';
import { acrRepositories, acrTags, exchange, scopedToken } from './azure/acr-api.ts';
import { acrHost, cloudOf, registryAudience } from './azure/clouds.ts';
import { explainAcr } from './azure/explain.ts';
import { guid, tenantForm, workloadApplication } from './azure/workload.ts';

const clientId = z.string().regex(guid, { error: 'An application (client) ID is a GUID, like 00001111-aaaa-2222-bbbb-3333cccc4444.' });
const tenantId = z.string().max(253).regex(tenantForm, { error: 'A tenant is a GUID or a domain like contoso.onmicrosoft.com.' });
const clientSecret = z
  .string()
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, { error: 'A client secret holds no blanks; paste it again.' })
  .refine((value) => !guid.test(value), {
    error: 'This looks like an ID, not a secret. Paste the secret’s Value rather than its Secret ID; or the two fields are swapped.',
  });

const whereApp = 'Azure portal → Microsoft Entra ID → App registrations → the application → Overview.';

/**
 * Azure Container Registry. Identities of Microsoft Entra ID get a token of Entra, which the registry exchanges for a refresh token of its
 * own, good for three hours as a password; admin user and repository-scoped tokens are passwords by themselves. Repositories and tags
 * come from the registry's own API `/acr/v1`, behind the same token server. (Azure/acr: docs/AAD-OAuth.md; @azure/container-registry.)
 */
export const provider = defineProvider({
  id: 'acr',
  title: 'Azure Container Registry',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#1267b4" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M12 3l8 4.5v9L12 21l-8-4.5v-9z"/><path d="M8 10.2l4 2.2 4-2.2M12 12.4V17"/></svg>',
  docs: 'providers/acr.md',
  rank: 22,
  url: { example: 'acmehub.azurecr.io', help: 'The login server. Cloud and endpoints are read from it.' },
  namespace: {
    label: 'Namespace',
    help: 'First part of the repository names, when only those below it matter to you.',
    example: 'team-a',
  },
  hosts: [acrHost],
  recognises: ({ realm, service }) =>
    realm !== undefined && realm.pathname === '/oauth2/token' && service !== undefined && acrHost.test(service),
  // Regional and data endpoints serve the same registry, which signs in at its login server.
  normaliseUrl: (url) => {
    const login = /^([a-z0-9-]+)\.[a-z0-9]+\.(?:geo|data)\.(azurecr\.[a-z]+)$/.exec(url.hostname);
    return new URL('/', login && acrHost.test(url.hostname) ? `${url.protocol}//${login[1]}.${login[2]}` : url);
  },
  inferNamespace: (url) =>
    acrHost.test(url.hostname) ? /^\/(?!(?:v2|acr|oauth2)\/)([a-z0-9][a-z0-9._-]{0,127})\/[^/]/.exec(url.pathname)?.[1] : undefined,
  inferSettings: (url): Readonly<Record<string, string>> => {
    const cloud = cloudOf(url.hostname);
    return cloud ? { cloud } : {};
  },
  endpoints: azureEndpoints,
  settings: z.object({
    cloud: field(z.enum(['global', 'china', 'us-government']).default('global'), {
      label: 'Azure cloud',
      help: 'Read from the login server; asked for only with a domain of your own.',
      options: { global: 'Azure', china: 'Azure China (21Vianet)', 'us-government': 'Azure US Government' },
      advanced: true,
    }),
  }),
  signIn: {
    'service-principal': {
      title: 'Service principal',
      pair: ['clientId', 'clientSecret'],
      help: 'An application with a client secret, and the role AcrPull on this registry.',
      fields: z.object({
        clientId: field(clientId, {
          label: 'Service principal ID',
          help: 'The application (client) ID.',
          where: whereApp,
          example: '00001111-aaaa-2222-bbbb-3333cccc4444',
        }),
        clientSecret: secret(clientSecret, {
          label: 'Client secret',
          where: 'The application → Certificates & secrets → New client secret → Value. Azure shows it once.',
        }),
        tenantId: field(tenantId, {
          label: 'Tenant ID',
          help: 'The directory (tenant) ID, or a domain of the tenant.',
          where: whereApp,
          example: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
        }),
      }),
    },
    token: {
      title: 'Repository-scoped token',
      pair: ['username', 'password'],
      help: 'Best where a registry is shared: it opens only the repositories of its scope map. Repositories are not listed: pin them by name.',
      fields: z.object({
        username: username({
          label: 'Token name',
          where: 'Azure portal → the registry → Repository permissions → Tokens.',
          example: 'tagboat-read',
        }),
        password: password({
          label: 'Token password',
          where: 'Generate it at the token; Azure shows it once. It may have an end, which Tagboat cannot see.',
        }),
      }),
    },
    admin: {
      title: 'Admin user',
      pair: ['username', 'password'],
      help: 'One account that may do everything, shared by all who know it. Off by default; fine for a trial.',
      fields: z.object({
        username: username({ label: 'Username', help: 'The name of the registry.', example: 'acmehub' }),
        password: password({ label: 'Password', where: 'Azure portal → the registry → Access keys → Admin user.' }),
      }),
    },
    'managed-identity': {
      title: 'This machine’s managed identity',
      ambient: true,
      help: 'What Azure gives to the virtual machine, container app or app service that Tagboat runs on. Nothing to store, and it renews itself.',
      fields: z.object({
        clientId: field(clientId.optional(), {
          label: 'Client ID',
          help: 'Of a user-assigned identity, when the machine has several. Empty: the system-assigned one.',
          example: '00001111-aaaa-2222-bbbb-3333cccc4444',
          advanced: true,
        }),
      }),
    },
    'workload-identity': {
      title: 'This pod’s workload identity',
      ambient: true,
      help: 'The identity of the Kubernetes service account that Tagboat runs as, federated with Microsoft Entra ID (AKS workload identity).',
      fields: z.object({
        clientId: field(clientId.optional(), {
          label: 'Client ID',
          help: 'Of the application or managed identity. Empty: AZURE_CLIENT_ID of the hub’s environment.',
          example: '00001111-aaaa-2222-bbbb-3333cccc4444',
          advanced: true,
        }),
        tenantId: field(tenantId.optional(), {
          label: 'Tenant ID',
          help: 'Empty: AZURE_TENANT_ID of the hub’s environment.',
          example: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
          advanced: true,
        }),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Only for registries with anonymous pull, which is off by default.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: 1000,
    catalog: 'provider',
    referrers: 'api',
    // Deleting by tag has meant the manifest with all its tags, and untagging, in different places: found out before it is offered.
    delete: 'probe',
    mount: true,
    createRepository: false,
    scopedTo: 'repository',
    tagListActions: ['metadata_read'],
  },

  issueCredential: (ctx) => issue(ctx, ctx.settings.cloud, ctx.signIn),

  async issueScoped(ctx, scope) {
    // A token of the registry names its repositories one by one.
    if (scope.repositories.length === 0) return undefined;
    const credential = await issue(ctx, ctx.settings.cloud, ctx.signIn);
    return credential.kind === 'basic' ? scopedToken(ctx, credential, scope) : undefined;
  },

  async issueForWorkload(ctx, workload) {
    const application = workloadApplication(workload);
    if (!application) return undefined;
    keepHome(ctx.url, ctx.endpoints?.['registry']);
    const signIn = { method: 'assertion' as const, ...application, assertion: workload.token };
    const entra = await entraToken(ctx, registryAudience(ctx.settings.cloud), signIn);
    return exchange(ctx, entra, application.tenantId);
  },

  listRepositories: (ctx) => acrRepositories(ctx, ctx.namespace ? `${ctx.namespace}/` : ''),

  async *listTags(ctx, repository) {
    let begun = false;
    try {
      for await (const page of acrTags(ctx, repository)) {
        begun = true;
        yield page;
      }
    } catch (error) {
      // A scope map may hold content/read without metadata/read; anonymous pull has no metadata either.
      const closed = error instanceof RegistryError && (error.status === 401 || error.status === 403);
      if (begun || !closed || !['token', 'anonymous'].includes(ctx.signIn.method)) throw error;
      yield* registryTags(ctx, repository);
    }
  },

  explain: (error, { signIn }) => explainAcr(error, signIn),
});

type AcrSignIn =
  | { method: 'anonymous' }
  | { method: 'admin' | 'token'; username: string; password: string }
  | Exclude<EntraSignIn, { method: 'assertion' }>;

async function issue(ctx: EntraContext & Pick<ProviderContext, 'url'>, cloud: AzureCloud, signIn: AcrSignIn): Promise<Credential> {
  switch (signIn.method) {
    case 'anonymous':
      return { kind: 'anonymous' };
    case 'admin':
    case 'token':
      return { kind: 'basic', username: signIn.username, password: signIn.password };
    case 'service-principal':
      return exchange(ctx, await entraToken(ctx, registryAudience(cloud), signIn), signIn.tenantId);
    case 'managed-identity':
    case 'workload-identity':
      keepHome(ctx.url, ctx.endpoints?.['registry']);
      return exchange(ctx, await entraToken(ctx, registryAudience(cloud), signIn));
  }
}

/**
 * A machine's token opens every registry that its identity may read. Whoever may add a registry could have it sent to a host of their own,
 * so it goes to Azure's login servers only, or to one that the hub's operator has set in its place.
 */
function keepHome(url: URL, standIn: string | undefined): void {
  if (acrHost.test(url.hostname) || (standIn !== undefined && new URL(standIn).origin === url.origin)) return;
  const message = `The token of a cloud identity is sent to login servers of Azure only, and ${url.host} is none.`;
  throw new InvalidSettings(message, [{ field: 'url', message }]);
}
