import { RegistryError, type TagboatError } from '../../core/errors.ts';
import type { Preset } from '../../provider/define.ts';

const serviceAccount =
  'At Red Hat use a registry service account: its username holds a number and a bar (12345678|name), its password is the token (access.redhat.com/terms-based-registry).';
const nobody = 'Nobody has to sign in there: choose “No sign-in”.';

/** Products, and registries that many use, that speak the protocol as it is written: what to enter for each. */
export const presets: readonly Preset[] = [
  {
    title: 'CNCF Distribution (docker registry)',
    signIn: 'password',
    help: 'A username and password of its htpasswd file, or of its token server. Without either, choose “No sign-in”.',
  },
  {
    title: 'zot',
    signIn: 'password',
    help: 'A user of its htpasswd file or LDAP with the password, or an API key of the user in place of the password. Client certificates are set under “TLS and proxy”.',
  },
  {
    title: 'Gitea, Forgejo, Codeberg',
    signIn: 'password',
    help: 'Your username and an access token with the scope read:package (Settings → Applications → Manage access tokens); write:package to push. The namespace is the owner.',
  },
  {
    title: 'Kubernetes images',
    url: 'https://registry.k8s.io',
    signIn: 'anonymous',
    help: nobody,
  },
  {
    title: 'Microsoft Artifact Registry',
    url: 'https://mcr.microsoft.com',
    signIn: 'anonymous',
    help: nobody,
  },
  {
    title: 'NVIDIA NGC',
    url: 'https://nvcr.io',
    signIn: 'password',
    fields: { username: '$oauthtoken' },
    help: 'At NVIDIA NGC the username is $oauthtoken, just so, and the password an API key (NGC → Setup → Generate API Key).',
  },
  { title: 'Red Hat', url: 'https://registry.redhat.io', signIn: 'password', help: serviceAccount },
  { title: 'Red Hat, certified partners', url: 'https://registry.connect.redhat.com', signIn: 'password', help: serviceAccount },
  {
    title: 'Red Hat, without sign-in',
    url: 'https://registry.access.redhat.com',
    signIn: 'anonymous',
    help: nobody,
  },
  {
    title: 'Chainguard',
    url: 'https://cgr.dev',
    signIn: 'password',
    help: 'At Chainguard use a pull token: chainctl auth configure-docker --pull-token shows its username and password. The images below chainguard/ need none.',
  },
];

const byHost = new Map(presets.flatMap((preset) => (preset.url === undefined ? [] : [[new URL(preset.url).hostname, preset] as const])));

/** The preset of a registry, by its exact hostname. */
export function presetOf(url: URL): Preset | undefined {
  return url.port === '' ? byHost.get(url.hostname.toLowerCase()) : undefined;
}

/** Advice on the registry that refused, by the host that an error names. */
export function adviceFor(error: TagboatError): string | undefined {
  const { realm } = error.context as { realm?: unknown };
  const text = error instanceof RegistryError ? error.url : realm;
  const url = typeof text === 'string' ? URL.parse(text) : null;
  return url ? presetOf(url)?.help : undefined;
}
