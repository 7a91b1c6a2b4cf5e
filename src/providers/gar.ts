import { z } from 'zod';
import { InvalidSettings } from '../core/errors.ts';
import type { Credential } from '../oci/index.ts';
import { defineProvider, type ProviderContext } from '../provider/define.ts';
import { field, secret } from '../provider/field.ts';
import type { AccessToken } from '../provider/identity/google.ts';
import { KeyFault, readKey } from '../provider/identity/google-key.ts';
import { identityTokenFile } from '../provider/identity/token-file.ts';
import { issueFailure } from '../provider/issue-failure.ts';
import { accessToken, endpoints, keyOf } from './google/access-token.ts';
import { createGarRepository } from './google/create.ts';
import { explainGoogle } from './google/explain.ts';
import { garHosts, isGoogle, placeOf, splitName } from './google/hosts.ts';
import { keyEnd } from './google/key-end.ts';
import { garRepositories, garTags } from './google/registry-api.ts';
import { serviceAccountForm, workloadProviderForm, workloadToken } from './google/workload.ts';

const jsonKey = z
  .string()
  .max(32_768)
  .superRefine((text, ctx) => {
    try {
      readKey(text);
    } catch (error) {
      if (!(error instanceof KeyFault)) throw error;
      ctx.addIssue({ code: 'custom', message: error.message });
    }
  });

/** With it, machines of Compute Engine and GKE pull and cannot push. (Artifact Registry: "Deploying to Compute Engine".) */
const readOnlyStorage = 'https://www.googleapis.com/auth/devstorage.read_only';

const projectForm = /^(?:[a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

/**
 * Google Artifact Registry, and gcr.io, which it serves now. Every way of signing in ends in an access token of Google Cloud, presented as
 * the password of `oauth2accesstoken`; a key can be presented itself instead. Tags come from the registry's own list, which tells digest,
 * size and times; repositories from the REST API, because the catalog is closed. (Artifact Registry: docs/docker/authentication, REST v1.)
 */
export const provider = defineProvider({
  id: 'gar',
  title: 'Google Artifact Registry',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d="M7.5 4.5h9L21 12l-4.5 7.5h-9L3 12z" stroke="#2f7d4f"/><path d="M9 9.5h6v5H9zM9 12h6" stroke="#c58a1a"/></svg>',
  docs: 'providers/gar.md',
  rank: 24,
  url: {
    example: 'europe-west1-docker.pkg.dev/acme-prod/apps',
    help: 'The host, with project and repository behind it if you like; gcr.io and its regional hosts too.',
  },
  namespace: {
    label: 'Project, or project and repository',
    help: 'Whose images are listed. Default: the project ID below, or the key’s.',
    example: 'acme-prod/apps',
  },
  hosts: garHosts,
  normaliseUrl: (url) => new URL('/', url),
  inferNamespace: (url) => {
    if (!isGoogle(url.hostname)) return undefined;
    const { path, rest } = splitName(url.pathname);
    if (!/^[a-z0-9.-]+(?:\/[a-z0-9-]+)?$/.test(path) || path === 'v2') return undefined;
    const repository = placeOf(url.hostname)?.gcr === undefined && /^[a-z0-9-]+$/.test(rest[0] ?? '') ? rest[0] : undefined;
    return repository === undefined ? path : `${path}/${repository}`;
  },
  inferSettings: (url): Readonly<Record<string, string>> => {
    const place = placeOf(url.hostname);
    return place ? { location: place.location } : {};
  },
  endpoints,
  settings: z.object({
    projectId: field(
      z.string().regex(projectForm, { error: 'A project ID is 6 to 30 lower-case letters, digits and hyphens.' }).optional(),
      {
        label: 'Project ID',
        help: 'Needed only to list repositories when neither address nor key names the project. Not the project’s number or title.',
        where: 'Google Cloud console → the project menu at the top → ID.',
        example: 'acme-prod',
      },
    ),
    location: field(
      z
        .string()
        .regex(/^[a-z]+(?:-[a-z]+\d+)?$/, { error: 'A location is spelled like europe-west1 or europe.' })
        .optional(),
      {
        label: 'Location',
        help: 'Read from the host; asked for only with a domain of your own.',
        example: 'europe-west1',
        advanced: true,
      },
    ),
  }),
  signIn: {
    'json-key': {
      title: 'Service account key',
      help: 'A JSON key. Tagboat makes access tokens with it, so that the key itself is not sent.',
      fields: z.object({
        jsonKey: secret(jsonKey, {
          label: 'JSON key',
          help: 'The whole file, as it is or in base64.',
          where: 'Google Cloud console → IAM & Admin → Service accounts → the account → Keys → Add key → JSON.',
          multiline: true,
        }),
        presentAs: field(z.enum(['oauth2accesstoken', '_json_key', '_json_key_base64']).default('oauth2accesstoken'), {
          label: 'Present as',
          help: 'The key itself only where Google’s token server cannot be reached; it never ends by itself.',
          options: {
            oauth2accesstoken: 'Access token, an hour long',
            _json_key: 'The key itself (_json_key)',
            _json_key_base64: 'The key in base64 (_json_key_base64)',
          },
          advanced: true,
        }),
      }),
    },
    'workload-identity': {
      title: 'This machine’s service account',
      ambient: true,
      help: 'What Google Cloud gives to the machine or pod that Tagboat runs on: Compute Engine, Cloud Run, workload identity on GKE. Nothing to store, and it renews itself.',
      fields: z.object({}),
    },
    federation: {
      title: 'Workload identity federation',
      ambient: true,
      help: 'Google takes the identity token of a provider it trusts, such as a cluster’s elsewhere. Nothing to store.',
      fields: z.object({
        workloadProvider: field(
          z.string().max(512).regex(workloadProviderForm, {
            error: 'A provider is spelled projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>.',
          }),
          {
            label: 'Workload identity provider',
            where: 'Google Cloud console → IAM & Admin → Workload Identity Federation → the pool → the provider → Default audience.',
            example: 'projects/123456789012/locations/global/workloadIdentityPools/clusters/providers/prod',
          },
        ),
        serviceAccount: field(
          z.string().regex(serviceAccountForm, { error: 'A service account is spelled name@project.iam.gserviceaccount.com.' }).optional(),
          {
            label: 'Service account',
            help: 'Which the identity acts as. Empty: access was granted to the identity itself.',
            example: 'tagboat@acme-prod.iam.gserviceaccount.com',
          },
        ),
        oidcToken: secret(
          z
            .string()
            .max(16_384)
            .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, { error: 'An identity token (JWT) has three parts with dots between them.' })
            .optional(),
          {
            label: 'Identity token',
            help: `Only for a trial, because such tokens end soon. Empty: read each time from the file that ${identityTokenFile} names in the hub’s environment; its audience has to be the provider.`,
            advanced: true,
          },
        ),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Public repositories, pinned by name.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: 10_000,
    catalog: 'provider',
    referrers: 'probe',
    // A manifest can be deleted when its tags are gone; deleting by tag takes the tag alone.
    delete: 'tag',
    mount: true,
    createRepository: true,
    scopedTo: 'registry',
  },

  async issueCredential(ctx) {
    const { signIn } = ctx;
    if (signIn.method === 'anonymous') return { kind: 'anonymous' };
    if (signIn.method === 'json-key' && signIn.presentAs !== 'oauth2accesstoken') {
      const { clientEmail, privateKey, keyId, projectId } = keyOf(signIn.jsonKey);
      // Only what Google needs of it, on one line.
      const json = JSON.stringify({
        type: 'service_account',
        project_id: projectId,
        private_key_id: keyId,
        private_key: privateKey,
        client_email: clientEmail,
        token_uri: 'https://oauth2.googleapis.com/token',
      });
      const encoded = signIn.presentAs === '_json_key_base64';
      return { kind: 'basic', username: signIn.presentAs, password: encoded ? Buffer.from(json).toString('base64') : json };
    }
    return present(ctx, () => accessToken(ctx, signIn), signIn);
  },

  async issueScoped(ctx, { repositories, push }) {
    const { signIn } = ctx;
    // OAuth scopes know reading from writing, and not one repository or project from another; the metadata server gives the machine's own.
    if (push || repositories.length > 0 || ctx.namespace || signIn.method === 'anonymous' || signIn.method === 'workload-identity')
      return undefined;
    if (signIn.method === 'json-key' && signIn.presentAs !== 'oauth2accesstoken') return undefined;
    return present(ctx, () => accessToken(ctx, signIn, readOnlyStorage), signIn);
  },

  async issueForWorkload(ctx, workload) {
    const issued = await workloadToken(ctx, workload).catch((error: unknown) => {
      throw issueFailure(error);
    });
    return issued && present(ctx, () => Promise.resolve(issued));
  },

  async secretEnds(ctx) {
    return ctx.signIn.method === 'json-key' ? keyEnd(ctx, ctx.signIn.jsonKey) : {};
  },

  createRepository: createGarRepository,
  listRepositories: (ctx) => garRepositories(ctx),
  listTags: (ctx, repository) => garTags(ctx, repository),
  explain: (error, { signIn }) => explainGoogle(error, signIn),
});

/** An access token as the registry takes it. Those of this machine and of workloads go to Google's own hosts only. */
async function present(
  ctx: Pick<ProviderContext, 'url' | 'endpoints'>,
  issue: () => Promise<AccessToken>,
  signIn?: { method: string; oidcToken?: string },
): Promise<Credential> {
  const own = signIn?.method === 'json-key' || (signIn?.method === 'federation' && signIn.oidcToken !== undefined);
  if (!own) keepHome(ctx.url, ctx.endpoints?.['registry']);
  const { token, issuedAt, expiresAt } = await issue().catch((error: unknown) => {
    throw issueFailure(error);
  });
  return { kind: 'basic', username: 'oauth2accesstoken', password: token, issuedAt, expiresAt };
}

/**
 * An access token opens all of Google Cloud that its identity may use. Whoever may add a registry could have the machine's sent to a host
 * of their own, so it goes to Google's hosts only, or to one that the hub's operator has set in their place.
 */
function keepHome(url: URL, standIn: string | undefined): void {
  if (isGoogle(url.hostname) || (standIn !== undefined && new URL(standIn).origin === url.origin)) return;
  const message = `The token of a cloud identity is sent to registries of Google only, and ${url.host} is none.`;
  throw new InvalidSettings(message, [{ field: 'url', message }]);
}
