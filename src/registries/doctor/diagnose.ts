import { CredentialError, InvalidSettings, RegistryError, TagboatError } from '../../core/errors.ts';
import { describeErrorCode } from '../../core/error-codes.ts';
import { externalSignIn, pairWay } from '../../provider/external.ts';
import { fieldMeta } from '../../provider/field.ts';
import type { DoctorOffer, DoctorStepId } from '../types.ts';
import { type Examination, type Outcome, spoken } from './examination.ts';

/** An error as the outcome of a step: what happened and where, what to do, and which field is at fault. */
export function diagnose(error: unknown, step: DoctorStepId, examination: Examination): Outcome {
  if (!(error instanceof TagboatError)) {
    examination.subject.onFailure?.(error);
    return {
      state: 'failed',
      code: 'internal',
      summary: `The hub failed at this step (${error instanceof Error ? error.name : 'unknown error'})`,
      help: describeErrorCode('internal').help,
    };
  }
  return diagnoseSignIn(error, step, examination) ?? diagnoseLimit(error, examination) ?? diagnoseRest(error, examination);
}

/** Refusals of the credential, told apart by the step they happen at: before reading it is the password, at reading the permission. */
function diagnoseSignIn(error: TagboatError, step: DoctorStepId, examination: Examination): Outcome | undefined {
  const status = error instanceof RegistryError ? error.status : undefined;
  const refused = status === 401 || status === 403 || (error instanceof CredentialError && error.code === 'credential_refused');
  // At /v2/ nothing was presented yet; what an issuer says is explained by the provider.
  if (!refused || step === 'v2' || step === 'credential') return undefined;
  const { configuration } = examination.subject;
  const { host } = configuration.url;
  const named = examination.credential !== undefined && examination.credential.kind !== 'anonymous';
  const signedIn = error.code === 'registry_denied' || (step === 'read' && examination.authentication !== undefined);
  if (named && signedIn) {
    const what = examination.options.repository ?? configuration.pinnedRepositories[0];
    return {
      state: 'failed',
      code: 'permission_missing',
      summary: `${host} accepts the sign-in${ofUser(examination)}, but does not allow ${what ? `reading ${what}` : 'reading'}`,
      help: 'Grant this user or token permission to read (pull) at the registry, or test with a repository that it may read. Some registries say the same of what does not exist.',
      ...(examination.options.repository !== undefined && { field: 'options.repository' }),
    };
  }
  const explained = explain(error, examination);
  if (examination.credential?.kind === 'anonymous') {
    return {
      state: 'failed',
      code: 'registry_unauthorized',
      field: 'signIn',
      summary: `${host} does not show this without a sign-in`,
      help: explained?.help ?? 'Choose a way of signing in and enter user name and password or token.',
    };
  }
  return {
    state: 'failed',
    code: 'password_rejected',
    field: fieldAtFault(explained?.field ?? secretField(examination), examination),
    summary: `${whoRefused(error, host)} rejected the password${ofUser(examination)}`,
    help: explained?.help ?? 'Check user name and password or token for spelling, and whether the token has ended or was withdrawn.',
  };
}

function diagnoseLimit(error: TagboatError, { subject }: Examination): Outcome | undefined {
  if (!(error instanceof RegistryError) || error.status !== 429) return undefined;
  const { retryAfter } = error;
  const until = retryAfter === undefined ? undefined : new Date(subject.clock.now() + retryAfter);
  return {
    state: 'failed',
    code: 'registry_rate_limited',
    summary: `${subject.configuration.url.host} limits requests${retryAfter === undefined ? '' : `; it accepts more in ${spoken(retryAfter)}`}`,
    help: `Try again ${until ? `after ${until.toISOString()}` : 'later'}. Signing in, or fewer requests per second for this registry, avoids it.`,
    ...(until && { evidence: [{ label: 'Again at', value: until.toISOString() }] }),
  };
}

function diagnoseRest(error: TagboatError, examination: Examination): Outcome {
  // What went wrong where a secret is kept is nothing that the provider knows of.
  const source = typeof error.context.field === 'string' ? error.context.field : undefined;
  const explained = source === undefined ? explain(error, examination) : undefined;
  const offer = offers[error.code];
  const refused = error instanceof InvalidSettings ? error.fields[0]?.field : undefined;
  const own = explained?.field ?? refused ?? fields[error.code];
  const field = source ?? (own === undefined ? undefined : fieldAtFault(own, examination));
  return {
    state: 'failed',
    code: error.code,
    summary: stripStop(explained?.message ?? error.message),
    help: explained?.help ?? helps[error.code] ?? describeErrorCode(error.code).help,
    ...(field !== undefined && { field }),
    ...(offer && { offer }),
  };
}

const offers: Readonly<Record<string, DoctorOffer>> = {
  plain_http_on_https_port: { kind: 'use-plain-http' },
  https_on_plain_http_port: { kind: 'use-https' },
};

const fields: Readonly<Record<string, string>> = {
  dns_not_found: 'url',
  connection_refused: 'url',
  connect_timeout: 'url',
  plain_http_on_https_port: 'connection.tls',
  https_on_plain_http_port: 'connection.tls',
  tls_client_certificate_required: 'connection.clientCertificate',
  proxy_refused: 'connection.proxy',
  proxy_unauthorized: 'connection.proxy',
  address_denied: 'url',
  not_a_registry: 'url',
  redirect_loop: 'url',
  redirect_denied: 'url',
  realm_untrusted: 'trustedRealms',
};

/** Where the doctor knows more than the general help says. */
const helps: Readonly<Record<string, string>> = {
  connect_timeout: 'A firewall probably drops the packets. Check host and port, and whether this hub may go there.',
  connection_refused: 'Nothing listens on that port. Check the port: registries often use 5000, 443 or 8443.',
  response_timeout: 'The port accepts connections, but nothing answers. Check that the registry runs, and that it is the right port.',
};

function explain(error: TagboatError, { subject }: Examination) {
  const { provider, signIn } = subject.configuration;
  const method = signIn === externalSignIn ? (pairWay(provider)?.method ?? signIn) : signIn;
  return provider.explain?.(error, { signIn: method });
}

/** Where the value of a field is read elsewhere, that is where to look. */
function fieldAtFault(field: string, { subject }: Examination): string {
  const { signIn, sources } = subject.configuration;
  const name = /^fields\.(\w+)$/.exec(field)?.[1];
  if (name === undefined) return field;
  if (Object.hasOwn(sources, name)) return `sources.${name}`;
  return signIn === externalSignIn && !Object.hasOwn(subject.configuration.provider.settings.shape, name) ? 'fields.source' : field;
}

/** The token server or the registry: whoever answered. */
function whoRefused(error: TagboatError, host: string): string {
  const url = error instanceof RegistryError ? error.url : error.context.realm;
  const other = typeof url === 'string' ? URL.parse(url)?.host : undefined;
  return other !== undefined && other !== host ? `The token server ${other}` : `The registry ${host}`;
}

function ofUser({ credential }: Examination): string {
  return credential?.kind === 'basic' && credential.username !== '' ? ` of ${credential.username}` : '';
}

function secretField({ subject }: Examination): string {
  const { provider, signIn } = subject.configuration;
  if (signIn === externalSignIn) return 'fields.source';
  const secret = Object.entries(provider.signIn[signIn]?.fields.shape ?? {}).find(([, schema]) => fieldMeta(schema)?.secret);
  return secret ? `fields.${secret[0]}` : 'signIn';
}

function stripStop(message: string): string {
  return message.replace(/\.$/, '');
}

/** What a step says when the time for everything is over. */
export function timedOut(examination: Examination): Outcome {
  return {
    state: 'failed',
    code: 'total_timeout',
    summary: `The test took longer than ${spoken(examination.timeouts.total)} and was broken off here`,
    help: 'The registry answers too slowly to be used. Look at its load, or at what stands in between.',
  };
}

/** Transport errors may well be over in a minute; a wrong password stays wrong. */
export function isPassing(code: string | undefined): boolean {
  return code !== undefined && passing.has(code);
}

const passing: ReadonlySet<string> = new Set([
  'dns_failed',
  'connection_refused',
  'connection_reset',
  'connect_timeout',
  'response_timeout',
  'body_timeout',
  'total_timeout',
  'network_unreachable',
  'registry_unavailable',
  'registry_rate_limited',
  'proxy_refused',
]);
