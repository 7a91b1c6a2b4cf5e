import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { AwsAccounts } from './aws-accounts.ts';
import type { Answer, Call } from './serve.ts';

export interface MetadataOptions {
  accounts: AwsAccounts;
  clock: Clock;
  /** Role of the instance or container; undefined: it has none. */
  roleArn?: string;
  /** What the container endpoint wants as Authorization. */
  containerToken: string;
}

/** Lifetime of the keys that metadata services hand out, in seconds. */
const keyLifetime = 6 * 3600;

/**
 * The two places where AWS gives a machine its role: the instance metadata service in version 2 only (a session token first,
 * IMDSv1 refused), and the endpoint of ECS tasks and EKS Pod Identity at `/v1/credentials`.
 */
export function createMetadata({ accounts, clock, containerToken, ...options }: MetadataOptions): {
  answer: (call: Call) => Answer;
  setRole: (arn?: string) => void;
} {
  let { roleArn } = options;
  const sessions = new Map<string, number>();
  const path = '/latest/meta-data/iam/security-credentials/';

  function keys(): Answer {
    if (!roleArn) return { status: 404, body: 'Not Found' };
    const key = accounts.issue(roleArn, 'i-0123456789abcdef0', accounts.actionsOf(roleArn), keyLifetime);
    return {
      status: 200,
      body: {
        Code: 'Success',
        LastUpdated: new Date(clock.now()).toISOString(),
        Type: 'AWS-HMAC',
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        Token: key.sessionToken,
        Expiration: new Date(key.expiresAt).toISOString(),
      },
    };
  }

  function answer(call: Call): Answer {
    const { pathname } = call.url;
    if (pathname === '/v1/credentials') {
      return call.headers['authorization'] === containerToken ? keys() : { status: 401, body: { message: 'not authorised' } };
    }
    if (pathname === '/latest/api/token') {
      const lifetime = Number(call.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (call.method !== 'PUT' || !(lifetime >= 1 && lifetime <= 21_600)) return { status: 400, body: 'Bad Request' };
      const token = randomBytes(32).toString('base64url');
      sessions.set(token, clock.now() + lifetime * 1000);
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: token };
    }
    const until = sessions.get(call.headers['x-aws-ec2-metadata-token'] ?? '') ?? 0;
    if (until <= clock.now()) return { status: 401, body: 'Unauthorized' };
    if (pathname === path)
      return roleArn
        ? { status: 200, headers: { 'content-type': 'text/plain' }, body: nameOf(roleArn) }
        : { status: 404, body: 'Not Found' };
    return roleArn && pathname === `${path}${nameOf(roleArn)}` ? keys() : { status: 404, body: 'Not Found' };
  }

  return {
    answer,
    setRole(arn) {
      roleArn = arn;
    },
  };
}

function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
