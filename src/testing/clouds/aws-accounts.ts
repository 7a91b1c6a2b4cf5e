import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { AwsRefusal, type SigningKey } from './sigv4.ts';

/** Somebody who can sign: a user's key, or a role that was assumed. */
export interface Principal {
  arn: string;
  account: string;
  /** Allowed actions, `ecr:DescribeImages` or `ecr:*`. */
  actions: readonly string[];
  /** Session policy: what of it the session may do. */
  policy?: SessionPolicy;
}

interface SessionPolicy {
  Statement: readonly { Effect: string; Action: string | readonly string[]; Resource: string | readonly string[] }[];
}

export interface RoleRules {
  actions: readonly string[];
  /** ARNs that may assume it; a service account's subject for web identities. */
  trusts: readonly string[];
  externalId?: string;
}

export interface TemporaryKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAt: number;
  principal: Principal;
}

interface KeyEntry extends SigningKey {
  principal: Principal;
}

/** The identities of a fake AWS: users with keys, roles with trust policies, temporary keys with their ends. */
export class AwsAccounts {
  readonly #clock: Clock;
  readonly #keys = new Map<string, KeyEntry>();
  readonly #roles = new Map<string, RoleRules>();
  readonly #webIdentities = new Map<string, { subject: string; expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addUser(account: string, name: string, actions: readonly string[]): { accessKeyId: string; secretAccessKey: string } {
    const accessKeyId = `AKIA${letters(16)}`;
    const secretAccessKey = secretKey();
    this.#keys.set(accessKeyId, { secretAccessKey, principal: { arn: `arn:aws:iam::${account}:user/${name}`, account, actions } });
    return { accessKeyId, secretAccessKey };
  }

  /** Deletes a key, as IAM would: from now on it is not known. */
  removeKey(accessKeyId: string): void {
    this.#keys.delete(accessKeyId);
  }

  addRole(account: string, name: string, rules: RoleRules): string {
    const arn = `arn:aws:iam::${account}:role/${name}`;
    this.#roles.set(arn, rules);
    return arn;
  }

  /** A token of a cluster's service account, good for `lifetime` seconds. */
  addWebIdentity(subject: string, lifetime = 3600): string {
    const token = `eyJ${randomBytes(48).toString('base64url')}`;
    this.#webIdentities.set(token, { subject, expiresAt: this.#clock.now() + lifetime * 1000 });
    return token;
  }

  keyOf(accessKeyId: string): KeyEntry | undefined {
    return this.#keys.get(accessKeyId);
  }

  principalOf(accessKeyId: string): Principal {
    const entry = this.#keys.get(accessKeyId);
    if (!entry) throw new AwsRefusal('UnrecognizedClientException', 'The security token included in the request is invalid.');
    return entry.principal;
  }

  /** @throws AwsRefusal AccessDenied, in AWS' words, when the role does not trust the caller or is not there */
  assume(
    caller: Principal,
    roleArn: string,
    { session, externalId, lifetime, policy }: { session: string; externalId: string | null; lifetime: number; policy: string | null },
  ): TemporaryKey {
    const role = this.#roles.get(roleArn);
    const trusted = role?.trusts.includes(caller.arn) && (role.externalId === undefined || role.externalId === externalId);
    if (!role || !trusted || !allows(caller.actions, 'sts:AssumeRole')) {
      throw new AwsRefusal('AccessDenied', `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`, 403);
    }
    return this.issue(roleArn, session, role.actions, lifetime, readPolicy(policy));
  }

  /** Keys for a user's guest, who may do what both the user and the policy allow. Users may have them, sessions may not. */
  federate(caller: Principal, name: string, policy: string | null, lifetime: number): TemporaryKey {
    if (!caller.arn.includes(':user/') || !allows(caller.actions, 'sts:GetFederationToken'))
      throw new AwsRefusal('AccessDenied', `User: ${caller.arn} is not authorized to perform: sts:GetFederationToken`, 403);
    const read = readPolicy(policy);
    // Without a policy a guest may do nothing.
    return this.issue(`arn:aws:sts::${caller.account}:federated-user/${name}`, name, read ? caller.actions : [], lifetime, read);
  }

  assumeWithWebIdentity(roleArn: string, session: string, token: string, lifetime: number): TemporaryKey {
    // AWS quotes all of what it does not take.
    if (token.length > 20_000)
      throw new AwsRefusal(
        'ValidationError',
        `1 validation error detected: Value '${token}' at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000`,
      );
    const identity = this.#webIdentities.get(token);
    if (!identity)
      throw new AwsRefusal(
        'InvalidIdentityToken',
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
      );
    if (identity.expiresAt <= this.#clock.now())
      throw new AwsRefusal('ExpiredTokenException', 'Token expired: current date/time must be before the expiration date/time');
    const role = this.#roles.get(roleArn);
    if (!role?.trusts.includes(identity.subject))
      throw new AwsRefusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403);
    return this.issue(roleArn, session, role.actions, lifetime);
  }

  /** Temporary keys of a role, as STS and the metadata services hand them out. `lifetime` in seconds. */
  issue(roleArn: string, session: string, actions: readonly string[], lifetime: number, policy?: SessionPolicy): TemporaryKey {
    const account = roleArn.split(':')[4] ?? '';
    const name = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    const principal = { arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`, account, actions, ...(policy && { policy }) };
    const key: TemporaryKey = {
      accessKeyId: `ASIA${letters(16)}`,
      secretAccessKey: secretKey(),
      sessionToken: randomBytes(96).toString('base64'),
      expiresAt: this.#clock.now() + lifetime * 1000,
      principal,
    };
    this.#keys.set(key.accessKeyId, key);
    return key;
  }

  actionsOf(roleArn: string): readonly string[] {
    return this.#roles.get(roleArn)?.actions ?? [];
  }
}

export function allows(actions: readonly string[], action: string): boolean {
  return actions.includes(action) || actions.includes(`${action.split(':', 1)[0]}:*`);
}

/** Whether somebody may do this with that: by the identity's own policies and the session's. */
export function may({ actions, policy }: Principal, action: string, resource: string): boolean {
  if (!allows(actions, action)) return false;
  if (!policy) return true;
  const has = (patterns: string | readonly string[], value: string) => [patterns].flat().some((pattern) => matches(pattern, value));
  return policy.Statement.some((one) => one.Effect === 'Allow' && has(one.Action, action) && has(one.Resource, resource));
}

function matches(pattern: string, value: string): boolean {
  const [start = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === value;
  return value.startsWith(start) && value.endsWith(rest.at(-1) ?? '') && rest.length === 1;
}

function readPolicy(text: string | null): SessionPolicy | undefined {
  if (text === null) return undefined;
  if (text.length > 2048) throw new AwsRefusal('PackedPolicyTooLarge', 'Serialized policy is too large');
  try {
    const policy = JSON.parse(text) as SessionPolicy & { Version?: string };
    if (policy.Version === '2012-10-17' && policy.Statement.length > 0) return policy;
  } catch {
    // Refused below.
  }
  throw new AwsRefusal('MalformedPolicyDocument', 'This policy contains invalid Json');
}

function letters(count: number): string {
  return Array.from(randomBytes(count), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
}

function secretKey(): string {
  return randomBytes(30).toString('base64');
}
