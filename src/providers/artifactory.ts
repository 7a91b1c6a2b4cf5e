import { z } from 'zod';
import { CredentialError, type RegistryError, TagboatError } from '../core/errors.ts';
import { defineProvider, type Explanation } from '../provider/define.ts';
import { field } from '../provider/field.ts';
import { password, token, username } from '../provider/fields.ts';
import { artifactoryRepositories, hostRepositories } from './artifactory/artifactory-api.ts';
import { datedTags } from './artifactory/aql.ts';
import { scopedToken } from './artifactory/scoped-token.ts';
import { endOfToken, tellsItsEnd } from './artifactory/token.ts';

const jfrogCloud = /^[a-z0-9-]{1,63}\.jfrog\.io$/;
const looksLikeToken = /^(?:eyJ[\w-]+\.|cmVmdGtu|AKC[a-zA-Z0-9]{10,})/;

/**
 * JFrog Artifactory, in JFrog's cloud or on hosts of one's own. The registry at `/v2/` holds all Docker repositories of an
 * Artifactory under their keys (repository path method), or one of them (subdomain and port). Each repository has a catalog of
 * its own at `/artifactory/api/docker/<key>/v2/_catalog`; digests and times of tags are told by AQL.
 * (JFrog: "Docker Registry", "Artifactory Query Language", "Access Tokens".)
 */
export const provider = defineProvider({
  id: 'artifactory',
  title: 'JFrog Artifactory',
  icon: '<svg viewBox="0 0 24 24" fill="none" stroke="#3f8f2f" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><rect x="3.5" y="4" width="17" height="6" rx="1.5"/><rect x="3.5" y="14" width="17" height="6" rx="1.5"/><path d="M7 7h.01M7 17h.01M11 7h6M11 17h6M12 10v4"/></svg>',
  docs: 'providers/artifactory.md',
  rank: 40,
  url: {
    example: 'acme.jfrog.io',
    help: 'The host alone, with its port if the port method is used; the repository has its own field.',
  },
  namespace: {
    label: 'Namespace',
    help: 'First part of the repository names, when only those below it matter to you. With the repository path method this is the repository key. Default: all Docker repositories, without remote ones.',
    example: 'docker-local',
  },
  hosts: [jfrogCloud],
  recognises: ({ headers }) =>
    headers['x-artifactory-id'] !== undefined ||
    headers['x-jfrog-version'] !== undefined ||
    /\bBasic realm="Artifactory Realm"/i.test(headers['www-authenticate'] ?? ''),
  // Pages of the user interface and API URLs are what people have at hand; the registry is at the root of its host.
  normaliseUrl: (url) => new URL(jfrogCloud.test(url.hostname) ? `/${keyOf(url) ?? ''}` : '/', url),
  inferNamespace: (url) => keyOf(url),
  settings: z.object({
    dockerAccess: field(z.enum(['path', 'subdomain', 'port']).default('path'), {
      label: 'Docker access method',
      help: 'How image names say which repository is meant.',
      where:
        'Administration → Artifactory → General → HTTP Settings. In JFrog’s cloud: repository path, unless you have set up subdomains.',
      options: {
        path: 'Repository path: acme.jfrog.io/docker-local/app',
        subdomain: 'Subdomain: docker-local.acme.com/app',
        port: 'Port: acme.com:5001/app',
      },
    }),
    repositoryKey: field(
      z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: 'A repository key is up to 64 letters, digits and . _ -.' })
        .optional(),
      {
        label: 'Repository key',
        help: 'With subdomain or port: the repository that the host stands for; without it tags have names only. With repository path: list this one only.',
        where: 'Administration → Repositories, or Artifactory → Artifacts: the name in the tree.',
        example: 'docker-local',
      },
    ),
  }),
  signIn: {
    user: {
      title: 'User',
      help: 'A username with an identity token, a reference token, an access token, or the password.',
      pair: ['username', 'password'],
      fields: z.object({
        username: field(
          username({ label: 'Username' }).refine((name) => !looksLikeToken.test(name), {
            error: 'This looks like a token. Perhaps name and token are swapped.',
          }),
          { label: 'Username', help: 'With an access token, the user it was made for.', example: 'ci' },
        ),
        password: password({
          label: 'Identity token or password',
          help: 'Prefer a token: it can be withdrawn alone. Where sign-in is by SAML or OAuth there is no password.',
          where: 'Your name at the top right → Edit Profile → Generate an Identity Token. Shown once.',
        }),
      }),
    },
    token: {
      title: 'Access token',
      help: 'A token alone, as administrators make them for machines.',
      fields: z.object({
        accessToken: field(
          token({ label: 'Access token' }).refine((text) => !text.startsWith('AKC'), {
            error: 'This is an API key, which JFrog has given up. Make an access token, or sign in as a user with it as the password.',
          }),
          {
            label: 'Access token',
            secret: true,
            help: 'Or the reference token that stands for it. Its end is read from it.',
            where: 'Administration → User Management → Access Tokens → Generate Token. Shown once.',
          },
        ),
      }),
    },
    anonymous: { title: 'No sign-in', help: 'Only where Artifactory allows anonymous access.', fields: z.object({}) },
  },
  traits: {
    maxPageSize: 1000,
    // With anonymous access on, /v2/ says 200 to everybody and never asks.
    preemptiveBasic: true,
    // RTFACT-18971
    rebuildNextLink: true,
    catalog: 'provider',
    referrers: 'probe',
    delete: 'probe',
    mount: false,
    scopedTo: 'repository',
    createRepository: false,
  },

  async issueCredential({ signIn, clock }) {
    switch (signIn.method) {
      case 'anonymous':
        return { kind: 'anonymous' };
      case 'user':
        return { kind: 'basic', username: signIn.username, password: signIn.password, ...lasting(signIn.password, clock.now()) };
      case 'token':
        return { kind: 'bearer', token: signIn.accessToken, ...lasting(signIn.accessToken, clock.now()) };
    }
  },

  issueScoped: (ctx, scope) => scopedToken(ctx, scope),

  async secretEnds({ signIn }) {
    if (signIn.method === 'user' && tellsItsEnd(signIn.password)) return { password: endOfToken(signIn.password) };
    if (signIn.method === 'token' && tellsItsEnd(signIn.accessToken)) return { accessToken: endOfToken(signIn.accessToken) };
    return {};
  },

  listRepositories: (ctx) => (ctx.settings.dockerAccess === 'path' ? artifactoryRepositories(ctx) : hostRepositories(ctx)),
  listTags: (ctx, repository) => datedTags(ctx, repository),
  explain: (error, { signIn }) => (error instanceof TagboatError ? explain(error, signIn) : undefined),
});

/** @throws CredentialError when the token itself says that it has ended */
function lasting(secret: string, now: number): { expiresAt?: number } {
  const expiresAt = endOfToken(secret);
  if (expiresAt === undefined) return {};
  if (expiresAt > now) return { expiresAt };
  throw new CredentialError(`The token ended at ${new Date(expiresAt).toISOString()}.`, {
    code: 'credential_refused',
    context: { service: 'JFrog Artifactory', ended: true },
  });
}

/** `/artifactory/api/docker/<key>/v2/…`, `/artifactory/<key>/…`, `/ui/repos/tree/General/<key>/…`, or `/<key>/app` as in references. */
function keyOf(url: URL): string | undefined {
  const match =
    /^\/artifactory\/api\/(?:docker|oci)\/([^/]+)/.exec(url.pathname) ??
    /^\/ui\/(?:native|repos\/tree\/General)\/([^/]+)/.exec(url.pathname) ??
    /^\/artifactory\/(?!api(?:\/|$)|webapp(?:\/|$))([^/]+)/.exec(url.pathname) ??
    /^\/(?!artifactory(?:\/|$)|ui(?:\/|$)|v2(?:\/|$)|access(?:\/|$)|api(?:\/|$))([^/]+)/.exec(url.pathname);
  const key = match?.[1];
  return key !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(key) ? key : undefined;
}

function explain(error: TagboatError, signIn: string): Explanation | undefined {
  const api = (error as Partial<RegistryError>).url?.includes('/artifactory/api/') ?? false;
  const secret = signIn === 'token' ? 'fields.accessToken' : 'fields.password';
  switch (error.code) {
    case 'credential_refused':
    case 'registry_unauthorized':
      if (signIn === 'anonymous')
        return {
          message: 'Artifactory shows this to nobody who is not signed in.',
          help: 'Choose a way of signing in, or have anonymous access allowed (Administration → Security → General).',
          field: 'signIn',
        };
      if (error.context['ended'] === true)
        return { message: 'This token has ended.', help: 'Generate a new one and paste it here.', field: secret };
      return signIn === 'token'
        ? {
            message: 'Artifactory refused this access token: it was revoked, has ended, or was made by another JFrog platform.',
            help: 'Generate a new one under Access Tokens. If it was made for a user, signing in as that user with it as the password works too.',
            field: secret,
          }
        : {
            message: 'Artifactory refused this username and password.',
            help: 'With a token, the username is that of the user it was made for. Where sign-in is by SAML or OAuth, use an identity token from the user profile. Too many failures lock an account for a while.',
            field: secret,
          };
    case 'registry_denied':
      return {
        message: api
          ? 'The account may not list this in Artifactory.'
          : 'The account may not read this: a missing permission, or a download that Xray blocks.',
        help: 'Give it Read on the repository in a permission target. For a virtual repository the permission is needed on those behind it; for a remote one also Deploy/Cache, to fetch what is not there yet.',
      };
    case 'registry_not_found':
      return api
        ? {
            message: 'Artifactory has no such Docker repository, or its API is not at this host.',
            help: 'Check the repository key: with the repository path method it is the first part of the image names. Otherwise see that /artifactory/ is passed on by the proxy before it.',
            field: 'namespace',
          }
        : undefined;
    case 'registry_rate_limited':
      return {
        message: 'Artifactory wants fewer requests: it runs few searches at a time.',
        help: 'It passes within seconds. Set “requests per second” of this registry lower if it comes back.',
      };
    case 'invalid_answer':
    case 'not_a_registry':
      return {
        message: 'This host does not answer like Artifactory.',
        help: 'Check the URL and the Docker access method: the host has to be the one that docker login takes.',
        field: 'url',
      };
    default:
      return undefined;
  }
}
