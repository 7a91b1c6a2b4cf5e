import { type RegistryError, TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';

const refused: Readonly<Record<string, Explanation>> = {
  token: {
    message: 'GitHub refused this token: it is wrong, was revoked or has expired, or lacks the scope read:packages.',
    help: 'Use a personal access token (classic) with read:packages. If the organisation uses SAML single sign-on, authorise the token for it.',
    field: 'fields.token',
  },
  actions: {
    message: 'GitHub refused this GITHUB_TOKEN: it ends with its job.',
    help: 'It works only while its job runs, and with “permissions: packages: read”. For a hub, use a GitHub App or a classic token.',
    field: 'fields.githubToken',
  },
  app: {
    message: 'GitHub refused this App.',
    help: 'App ID and private key have to belong together, the installation has to be of this App, and the machine’s clock has to be right.',
    field: 'fields.privateKey',
  },
  anonymous: {
    message: 'GitHub shows this to nobody who is not signed in.',
    help: 'Only public packages can be read without. Choose a way of signing in.',
    field: 'signIn',
  },
};

const denied: Explanation = {
  message: 'The account may not read this package, or there is none: GitHub says the same of both.',
  help: 'Check that the token has read:packages and is authorised for the organisation’s single sign-on. GITHUB_TOKEN and Apps need access to the package (package → Package settings).',
  field: 'namespace',
};

/** GitHub's usual refusals, in the words of the form. */
export function explainGitHub(error: unknown, signIn: string): Explanation | undefined {
  if (!(error instanceof TagboatError)) return undefined;
  const api = (error as Partial<RegistryError>).url !== undefined && !(error as RegistryError).url.includes('/v2/');
  switch (error.code) {
    case 'credential_refused':
      if (signIn === 'app' && /\b404\b/.test(error.message))
        return {
          message: 'GitHub knows no such installation of this App.',
          help: 'The installation ID is the number at the end of the installation’s page: organisation → Settings → GitHub Apps → Configure.',
          field: 'fields.installationId',
        };
      // GitHub: "'Expiration time' claim ('exp') is too far in the future", "'Issued at' claim ('iat') must be …".
      if (signIn === 'app' && /claim \('(?:exp|iat)'\)/.test(error.message))
        return {
          message: 'GitHub refuses the App’s signature because of its time: the clock of the machine that Tagboat runs on is wrong.',
          help: 'Set its clock, best by NTP.',
        };
      return refused[signIn];
    case 'registry_unauthorized':
      return refused[signIn];
    case 'registry_denied':
      return signIn === 'anonymous' ? refused['anonymous'] : denied;
    case 'registry_not_found':
      return api
        ? {
            message: 'GitHub knows no such user or organisation, or shows its packages not to this account.',
            help: 'Check the spelling: it is the first part of the repositories’ names. The token needs read:packages.',
            field: 'namespace',
          }
        : undefined;
    case 'registry_rate_limited':
      return {
        message: 'GitHub’s quota of requests is used up.',
        help: 'It begins anew every hour; 5000 requests an hour for a user. Set “requests per second” of this registry lower if it comes back.',
      };
    default:
      return undefined;
  }
}
