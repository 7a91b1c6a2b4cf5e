import type { Clock } from '../../core/clock.ts';
import type { ProviderHttp } from '../http.ts';
import { remember } from '../memory.ts';
import { isClockCorrected, issueError, isThrottle } from './aws-errors.ts';
import { partitionOf } from './aws-partition.ts';
import { RegistryRequestHandler } from './aws-request-handler.ts';

export interface AwsKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A key with its end, as STS and the metadata services give it. */
export interface AwsIdentity extends AwsKey {
  expiration?: Date;
}

export interface AssumeRole {
  roleArn: string;
  externalId?: string;
}

/** Who signs: a given key or this machine's own role, and on top of either a role to assume. */
export interface AwsLogin {
  key?: AwsKey;
  assume?: AssumeRole;
  region: string;
  /** Base URL of STS; default: the region's own. */
  stsEndpoint?: string;
}

export interface AwsContext {
  http: ProviderHttp;
  clock: Clock;
  signal?: AbortSignal;
}

// Ahead of the end, so that a page of a long listing is not signed with what ends on the way.
const reserve = 5 * 60_000;
// Sources without an end (environment, profiles) may be changed by people meanwhile.
const rereadAfter = 5 * 60_000;

const sessionName = 'tagboat';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The identity to sign with. Roles are remembered until shortly before their end.
 *
 * The SDK's own chain finds this machine's role: environment, profiles, web identity (IRSA), container (ECS, EKS Pod
 * Identity), instance metadata. Its calls to STS go through the registry's connection; those to the metadata services do
 * not, because the address guard rightly refuses such addresses to everybody else.
 *
 * @throws CredentialError with `awsCode` in its context, TransportError
 */
export async function awsIdentity(ctx: AwsContext, login: AwsLogin): Promise<AwsIdentity> {
  if (login.key && !login.assume) return login.key;
  const { key, assume, region, stsEndpoint } = login;
  return remember(
    ctx,
    'aws',
    [region, stsEndpoint, key?.accessKeyId, key?.secretAccessKey, key?.sessionToken, assume?.roleArn, assume?.externalId],
    async () => {
      const value = await resolveIdentity(ctx, login);
      const end = value.expiration?.getTime();
      return { value, until: end === undefined ? ctx.clock.now() + rereadAfter : end - reserve };
    },
  );
}

async function resolveIdentity(ctx: AwsContext, login: AwsLogin): Promise<AwsIdentity> {
  const base = login.key ?? (await machineIdentity(ctx, login));
  return login.assume ? assumeRole(ctx, login, base, login.assume) : base;
}

async function machineIdentity(ctx: AwsContext, login: AwsLogin): Promise<AwsIdentity> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const own = fromNodeProviderChain({ clientConfig: stsConfig(ctx, login), logger: silent });
  try {
    return await patientlyAws(ctx, () => abortable(own(), ctx.signal));
  } catch (error) {
    throw issueError(error, login.assume ? 'AWS STS' : 'AWS credentials');
  }
}

/**
 * Keys of a role.
 *
 * @param role with a policy, they can do no more than that; `seconds` is how long they last, by default an hour
 */
export async function assumeRole(
  ctx: AwsContext,
  login: AwsLogin,
  base: AwsIdentity,
  role: AssumeRole & { policy?: string; seconds?: number },
): Promise<AwsIdentity> {
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const { roleArn, externalId, policy, seconds } = role;
  const assumed = fromTemporaryCredentials({
    masterCredentials: base,
    params: {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      ...(externalId && { ExternalId: externalId }),
      ...(policy !== undefined && { Policy: policy }),
      ...(seconds !== undefined && { DurationSeconds: seconds }),
    },
    clientConfig: stsConfig(ctx, login),
    logger: silent,
  });
  return patientlyAws(ctx, () => assumed()).catch((error: unknown) => {
    throw issueError(error, 'AWS STS');
  });
}

/** Keys of a role for the token of a service account, and by nothing else: the call is not signed. Nothing of it is remembered. */
export async function webIdentity(ctx: AwsContext, login: AwsLogin, web: { roleArn: string; token: string }): Promise<AwsIdentity> {
  const { fromWebToken } = await import('@aws-sdk/credential-providers');
  const assumed = fromWebToken({
    roleArn: web.roleArn,
    webIdentityToken: web.token,
    roleSessionName: sessionName,
    clientConfig: stsConfig(ctx, login),
  });
  return patientlyAws(ctx, () => assumed()).catch((error: unknown) => {
    throw issueError(error, 'AWS STS');
  });
}

function stsConfig(ctx: AwsContext, { region, stsEndpoint }: AwsLogin) {
  return { ...clientConfig(ctx, region), ...(stsEndpoint && { endpoint: stsEndpoint }) };
}

/** Where STS is, for calls that are not the SDK's. */
export function stsUrl({ region, stsEndpoint }: AwsLogin): URL {
  return new URL('/', stsEndpoint ?? `https://sts.${region}.${partitionOf(region).suffix}`);
}

/** What every client of the SDK is made with here: the registry's connection, the hub's clock, no retries of its own. */
export function clientConfig(ctx: AwsContext, region: string) {
  return {
    region,
    requestHandler: new RegistryRequestHandler(ctx.http, ctx.signal),
    logger: silent,
    // Repetitions are ours (`patiently`, and the connection's), by the hub's clock and cancellable.
    maxAttempts: 1,
    // Otherwise "auto" in the environment would ask the instance metadata service first.
    defaultsMode: 'standard' as const,
    // The SDK signs with the system's time; this makes it the hub's.
    systemClockOffset: ctx.clock.now() - Date.now(),
  };
}

const attempts = 5;

/**
 * Repeats a call that AWS throttles, with exponential backoff and full jitter, as AWS' SDKs do (base 100 ms, at most 5 s); and
 * once at once when the SDK has just learned from an answer that this machine's clock is wrong.
 */
export async function patientlyAws<T>({ clock, signal }: AwsContext, call: () => Promise<T>): Promise<T> {
  let corrected = false;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (isThrottle(error) && attempt < attempts) {
        await clock.sleep(Math.min(5000, 100 * 2 ** attempt) * Math.random(), signal);
      } else if (isClockCorrected(error) && !corrected) {
        corrected = true;
      } else {
        throw error;
      }
    }
  }
}

/** The SDK's credential chain takes no signal: this lets the caller go while it ends on its own short timeouts. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
