import { TagboatError } from '../core/errors.ts';
import { ApiError } from '../sdk/api-error.ts';
import type { Problem } from '../sdk/index.ts';

/** The command was used wrongly: exit code 2. `next` is what to do instead. */
export class UsageError extends TagboatError {
  readonly next: string | undefined;

  constructor(message: string, next?: string) {
    super(message, { code: 'usage', fault: 'caller', retry: 'never' });
    this.next = next;
  }
}

/** Something on this machine is not as it has to be: a file, a permission. */
export class MachineError extends TagboatError {
  readonly next: string;

  constructor(message: string, next: string, cause?: unknown) {
    super(message, { code: 'machine_problem', fault: 'caller', retry: 'after-change', cause });
    this.next = next;
  }
}

/** The person interrupted (exit code 130), or answered no (exit code 1): nothing more is done. */
export class CanceledError extends TagboatError {
  readonly isInterrupt: boolean;

  constructor(message: string, { isInterrupt }: { isInterrupt: boolean }) {
    super(message, { code: 'canceled', fault: 'caller', retry: 'never' });
    this.isInterrupt = isInterrupt;
  }
}

/** Ends the command with an exit code, 1 unless told otherwise, once it has itself said what failed, as a doctor's report does. */
export class Failed extends Error {
  readonly exitCode: number;

  constructor(exitCode = 1) {
    super();
    this.exitCode = exitCode;
  }
}

/** Which side has to act, in one word, as errors begin with it. */
export type Side = 'Usage' | 'This machine' | 'Hub' | 'Registry' | 'You';

export interface Described {
  side: Side;
  code: string;
  message: string;
  /** What to do next. */
  next?: string;
  /** Field or flag at fault. */
  field?: string;
  fields?: readonly { field: string; message: string }[];
  references?: readonly { kind: string; id: string; name: string }[];
}

/** No usable answer came from the hub. */
export class HubUnreachable extends TagboatError {
  readonly next: string;

  constructor(message: string, next: string, cause?: unknown) {
    super(message, { code: 'hub_unreachable', fault: 'hub', retry: 'backoff', cause });
    this.next = next;
  }
}

/** Says of any error whose side it is on, what happened and what to do next. */
export async function describeError(error: unknown): Promise<Described> {
  if (error instanceof UsageError) return { side: 'Usage', code: error.code, message: error.message, next: error.next };
  if (error instanceof MachineError) return { side: 'This machine', code: error.code, message: error.message, next: error.next };
  if (error instanceof HubUnreachable) return { side: 'Hub', code: error.code, message: error.message, next: error.next };
  if (error instanceof ApiError) return describeProblem(error.problem);
  if (error instanceof TagboatError) {
    const byFault: Side = error.fault === 'remote' ? 'Registry' : error.fault === 'hub' ? 'Hub' : 'You';
    const side = isOfFiles(error) ? 'This machine' : byFault;
    const { help } = error.context;
    return { side, code: error.code, message: error.message, next: typeof help === 'string' ? help : await helpFor(error.code) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    side: 'This machine',
    code: 'internal',
    message: `Tagboat met an error that it did not expect: ${message}`,
    next: 'Run it again with --debug and report what it prints.',
  };
}

function isOfFiles({ code }: TagboatError): boolean {
  return code === 'disk_full' || code === 'file_refused' || code === 'invalid_content';
}

function describeProblem(problem: Problem): Described {
  const side: Side = problem.fault === 'remote' ? 'Registry' : problem.fault === 'hub' ? 'Hub' : 'You';
  const next =
    problem.code === 'unauthorized'
      ? 'Sign in with `tagboat login`, or set TAGBOAT_TOKEN.'
      : problem.code === 'internal' && problem.requestId
        ? `Look for request ${problem.requestId} in the log of the hub, and report it.`
        : (problem.help ?? (problem.retryAfter === undefined ? undefined : `Try again in ${problem.retryAfter} s.`));
  return {
    side,
    code: problem.code,
    message: problem.detail,
    next,
    field: problem.field,
    fields: problem.fields,
    references: problem.references,
  };
}

/** Next steps that this program offers where a registry was asked directly. Through a hub, the hub's own help holds. */
const directHelp: Readonly<Record<string, string>> = {
  registry_unauthorized:
    'Sign in with `docker login <host>`, or give --username and --password-stdin; or ask through a hub that knows this registry.',
  credential_refused: 'Sign in again with `docker login <host>`, or give --username and --password-stdin.',
  tls_unknown_authority: 'Name the CA certificate of the registry with --ca-file, after checking its fingerprint.',
  tls_self_signed: 'Name the certificate with --ca-file, after checking its fingerprint.',
  plain_http_on_https_port: 'Add --plain-http, or use its HTTPS port.',
  https_on_plain_http_port: 'Leave out --plain-http.',
  proxy_refused: 'Check HTTPS_PROXY and NO_PROXY, and whether the proxy allows this host.',
  proxy_unauthorized: 'Put user name and password of the proxy into HTTPS_PROXY.',
  identity_token_unsupported: 'Sign in with user name and password: `docker login <host>`.',
};

/** The next step from the list of error codes, which is loaded only when something failed. */
async function helpFor(code: string): Promise<string> {
  const direct = directHelp[code];
  if (direct !== undefined) return direct;
  const { describeErrorCode } = await import('../core/error-codes.ts');
  return describeErrorCode(code).help;
}
