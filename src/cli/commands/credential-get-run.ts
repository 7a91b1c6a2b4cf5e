import { parseReference } from '../../oci/index.ts';
import { ApiError } from '../../sdk/api-error.ts';
import type { CredentialRequest, IssuedCredential } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { helperLogin } from '../clients/client-keys.ts';
import { Failed, UsageError } from '../errors.ts';
import { type Hub, openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';

export interface CredentialGetOptions extends CommonOptions {
  repository?: readonly string[];
  push?: boolean;
  format?: 'helper' | 'env' | 'plain';
}

export async function credentialGet(cli: Cli, text: string, options: CredentialGetOptions): Promise<void> {
  if (options.json && options.format) throw new UsageError('--json and --format exclude each other.', 'Leave out one of them.');
  const hub = await openHub(cli, options);
  const credential = await hub.issueCredential({
    ...(await namedBy(hub, text)),
    ...(options.repository && { repositories: [...options.repository] }),
    push: options.push ?? false,
    purpose: 'tagboat credential get',
  });
  const output = cli.output(options);
  const printsSecret = options.json === true || options.format !== undefined;
  if (printsSecret && output.isTerminal && credential.secret !== undefined) output.note(announcement(output, credential));
  if (options.format === undefined) {
    output.result({
      json: () => credential,
      quiet: () => [printable(credential.registry.name)],
      human: () => describe(output, credential),
    });
    return;
  }
  if (credential.secret === undefined) {
    cli.io.stderr.write(`${printable(credential.scope.reason ?? `${credential.registry.name} needs no sign-in.`)}\n`);
    throw new Failed();
  }
  output.lines(rendered(credential, options.format));
}

/** What a person typed, as the API takes it: the name of a registry, alone or before a repository, comes before hosts. */
export async function namedBy(hub: Hub, text: string): Promise<Pick<CredentialRequest, 'registry' | 'reference' | 'repositories'>> {
  const [first = '', ...rest] = text.split('/');
  if (/[:@]/.test(first) || (rest.length > 0 && first.includes('.'))) return { reference: text };
  try {
    const { id } = await hub.getRegistry(first);
    if (rest.length === 0) return { registry: id };
    // The host stands in for the name: only the repository is read.
    return { registry: id, repositories: [parseReference(`registry.invalid/${rest.join('/')}`).repository] };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { reference: text };
    throw error;
  }
}

function announcement(output: Output, { registry, username, expiresAt, scope }: IssuedCredential): string {
  const end = expiresAt === undefined ? 'does not end by itself, as far as is known' : `ends ${relativeTime(expiresAt, output.now())}`;
  const who = username === undefined ? '' : ` (user ${printable(username)})`;
  return `${output.notePalette.warn('Secret:')} what follows signs in to ${printable(registry.name)}${who}, is good for ${actions(scope)}, and ${end}. Keep it out of logs and chats.`;
}

const actions = ({ push, repositories }: IssuedCredential['scope']): string =>
  `${push ? 'pulling and pushing' : 'pulling'}${repositories.length > 0 ? ` ${repositories.map(printable).join(', ')}` : ''}`;

const origins = {
  narrowed: 'made for this, and good for nothing more',
  workload: 'of the service account',
  issued: 'short-lived, as the hub itself uses it',
  stored: 'as it is stored',
  none: 'none is needed',
} as const;

function describe(output: Output, { registry, server, kind, username, secret, expiresAt, origin, scope }: IssuedCredential): string[] {
  const now = output.now();
  return [
    output.palette.strong(printable(registry.name)),
    ...output.fields([
      ['server', server],
      ['kind', kind],
      ['user', username],
      ['secret', secret === undefined ? undefined : 'not shown; --format helper, env or plain prints it'],
      ['good for', actions(scope)],
      ['credential', origins[origin]],
      ['because', scope.reason],
      ['ends', expiresAt === undefined ? undefined : `${relativeTime(expiresAt, now)} (${expiresAt})`],
    ]),
  ];
}

function rendered(credential: IssuedCredential, format: 'helper' | 'env' | 'plain'): string[] {
  const { server, username, secret = '' } = credential;
  switch (format) {
    case 'helper':
      return [JSON.stringify({ ServerURL: server, ...helperLogin(credential) })];
    case 'env':
      return [
        `REGISTRY=${shellWord(credential.hosts[0] ?? server)}`,
        ...(username === undefined ? [] : [`REGISTRY_USERNAME=${shellWord(username)}`]),
        `REGISTRY_PASSWORD=${shellWord(secret)}`,
      ];
    case 'plain':
      return [secret];
  }
}

/** For any POSIX shell: nothing in it is expanded. */
const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
