import type { Clock } from '../../core/clock.ts';
import { type AwsAccounts, may } from './aws-accounts.ts';
import type { Answer, Call } from './serve.ts';
import { AwsRefusal, verify } from './sigv4.ts';

/** A secret: text, or bytes. */
export type FakeAwsSecret = string | Uint8Array;

/** AWS Secrets Manager: `GetSecretValue`, signed. */
export class FakeSecretsManager {
  readonly #options: { accounts: AwsAccounts; clock: Clock; account: string; region: string };
  /** Name → value. */
  readonly secrets = new Map<string, FakeAwsSecret>();
  /** Names that are marked for deletion. */
  readonly deleted = new Set<string>();

  constructor(options: { accounts: AwsAccounts; clock: Clock; account: string; region: string }) {
    this.#options = options;
  }

  /** ARN of a secret: AWS puts six characters behind the name. */
  arnOf(name: string): string {
    return `arn:aws:secretsmanager:${this.#options.region}:${this.#options.account}:secret:${name}-a1B2c3`;
  }

  answer(call: Call): Answer {
    const { accounts, clock, region } = this.#options;
    const headers = { 'content-type': 'application/x-amz-json-1.1', date: new Date(clock.now()).toUTCString(), 'x-amzn-requestid': '0123' };
    try {
      const id = verify(call, { service: 'secretsmanager', region, now: clock.now(), keyOf: (key) => accounts.keyOf(key) });
      if (call.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') throw new AwsRefusal('UnknownOperationException', '');
      const { SecretId: asked = '' } = JSON.parse(call.body) as { SecretId?: string };
      const name = [...this.secrets.keys()].find((one) => one === asked || this.arnOf(one) === asked) ?? asked;
      const caller = accounts.principalOf(id);
      const action = 'secretsmanager:GetSecretValue';
      if (!may(caller, action, this.arnOf(name)))
        throw new AwsRefusal('AccessDeniedException', `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${asked}`);
      const value = this.secrets.get(name);
      if (value === undefined) throw new AwsRefusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
      if (this.deleted.has(name))
        throw new AwsRefusal(
          'InvalidRequestException',
          "You can't perform this operation on the secret because it was marked for deletion.",
        );
      const content = typeof value === 'string' ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString('base64') };
      const facts = { ARN: this.arnOf(name), Name: name, VersionId: 'EXAMPLE1-90ab-cdef-fedc-ba987SECRET1', VersionStages: ['AWSCURRENT'] };
      return { status: 200, headers, body: JSON.stringify({ ...facts, ...content, CreatedDate: 1_523_477_145.713 }) };
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error;
      return { status: error.status, headers, body: JSON.stringify({ __type: error.code, Message: error.message }) };
    }
  }
}
