import { RegistryError, type TagboatError } from '../../core/errors.ts';

/** What to sign in with at registries that many use and that have no provider of their own, by hostname. Said when they refuse. */
const advice: Readonly<Record<string, string>> = {
  'nvcr.io': 'At NVIDIA NGC the username is $oauthtoken, just so, and the password an API key (NGC → Setup → Generate API Key).',
  'registry.redhat.io':
    'At Red Hat use a registry service account: its username holds a number and a bar (12345678|name), its password is the token (access.redhat.com/terms-based-registry).',
  'registry.connect.redhat.com':
    'At Red Hat use a registry service account: its username holds a number and a bar (12345678|name), its password is the token (access.redhat.com/terms-based-registry).',
  'registry.access.redhat.com': 'Nobody has to sign in there: choose “No sign-in”.',
  'cgr.dev': 'At Chainguard use a pull token: chainctl auth configure-docker --pull-token shows its username and password.',
  'registry.k8s.io': 'Nobody has to sign in there: choose “No sign-in”.',
  'mcr.microsoft.com': 'Nobody has to sign in there: choose “No sign-in”.',
};

/** Advice on the registry that refused, by the host that an error names. */
export function adviceFor(error: TagboatError): string | undefined {
  const { realm } = error.context as { realm?: unknown };
  const url = error instanceof RegistryError ? error.url : realm;
  const host = typeof url === 'string' ? URL.parse(url)?.hostname : undefined;
  return host !== undefined && Object.hasOwn(advice, host) ? advice[host] : undefined;
}
