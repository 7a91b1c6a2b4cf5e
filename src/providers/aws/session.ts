import type { ECRClient } from '@aws-sdk/client-ecr';
import type { ProviderHttp } from '../../provider/http.ts';
import type { Clock } from '../../core/clock.ts';
import { remember } from '../../provider/memory.ts';
import { isClockCorrected, issueError, isThrottle } from './errors.ts';
import { RegistryRequestHandler } from './request-handler.ts';

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

async function resolveIdentity(ctx: AwsContext, { key, assume, region, stsEndpoint }: AwsLogin): Promise<AwsIdentity> {
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const sts = { ...clientConfig(ctx, region), ...(stsEndpoint && { endpoint: stsEndpoint }) };
  const own = fromNodeProviderChain({ clientConfig: sts, logger: silent });
  try {
    const base = key ?? (await patiently(ctx, () => abortable(own(), ctx.signal)));
    if (!assume) return base;
    const assumed = fromTemporaryCredentials({
      masterCredentials: base,
      params: { RoleArn: assume.roleArn, RoleSessionName: 'tagboat', ...(assume.externalId && { ExternalId: assume.externalId }) },
      clientConfig: sts,
      logger: silent,
    });
    return await patiently(ctx, () => assumed());
  } catch (error) {
    throw issueError(error, assume || key ? 'AWS STS' : 'AWS credentials');
  }
}

export interface EcrLogin extends AwsLogin {
  /** Base URL of the ECR API; default: the region's own. */
  apiEndpoint?: string;
  fips: boolean;
  dualStack: boolean;
}

export interface Ecr {
  client: ECRClient;
  /** Sends, repeating what AWS throttles. */
  call: <R>(send: () => Promise<R>) => Promise<R>;
}

/** A client of the ECR API. It holds no connection of its own, so there is nothing to close. The SDK is loaded now, not before. */
export async function openEcr(ctx: AwsContext, login: EcrLogin): Promise<Ecr> {
  const credentials = await awsIdentity(ctx, login);
  const { ECRClient } = await import('@aws-sdk/client-ecr');
  const { region, apiEndpoint, fips, dualStack } = login;
  const endpoint = apiEndpoint ? { endpoint: apiEndpoint } : { useFipsEndpoint: fips, useDualstackEndpoint: dualStack };
  const client = new ECRClient({ ...clientConfig(ctx, region), credentials, ...endpoint });
  return { client, call: (send) => patiently(ctx, send) };
}

function clientConfig(ctx: AwsContext, region: string) {
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
async function patiently<T>({ clock, signal }: AwsContext, call: () => Promise<T>): Promise<T> {
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
