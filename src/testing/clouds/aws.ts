import { systemClock, type Clock } from '../../core/clock.ts';
import { AwsAccounts } from './aws-accounts.ts';
import { FakeEcr } from './aws-ecr.ts';
import { createMetadata } from './aws-metadata.ts';
import { FakeSecretsManager } from './aws-secrets.ts';
import { answerSts } from './aws-sts.ts';
import { CloudContent } from './content.ts';
import { type FakeService, serve } from './serve.ts';

export interface AwsOptions {
  clock?: Clock;
  /** Default `123456789012`. */
  account?: string;
  /** Default `eu-west-1`. */
  region?: string;
  /** Most items of a page of the ECR API. */
  pageLimit?: number;
}

/** A fake AWS on loopback: ECR's API and registry, STS, Secrets Manager, and the metadata services, each checking on its own. */
export interface FakeAws {
  account: string;
  region: string;
  accounts: AwsAccounts;
  content: CloudContent;
  ecr: FakeEcr;
  secretsManager: FakeSecretsManager;
  /** Where each is served. */
  api: FakeService;
  registry: FakeService;
  sts: FakeService;
  secrets: FakeService;
  metadata: FakeService;
  /** Gives this machine a role, or takes it away. */
  setMachineRole(arn?: string): void;
  /**
   * Environment in which the AWS SDK finds this cloud's metadata service and nothing of the real machine. Set all of it
   * before the SDK is used: without it the SDK would ask 169.254.169.254.
   */
  environment(way: 'instance' | 'container' | 'none'): Record<string, string>;
  close(): Promise<void>;
}

const containerToken = 'Bearer pod-identity-token';

export async function startAws(options: AwsOptions = {}): Promise<FakeAws> {
  const { clock = systemClock, account = '123456789012', region = 'eu-west-1', pageLimit } = options;
  const accounts = new AwsAccounts(clock);
  const content = new CloudContent();
  const ecr = new FakeEcr({ accounts, clock, content, account, region, pageLimit });
  const secretsManager = new FakeSecretsManager({ accounts, clock, account, region });
  const machine = createMetadata({ accounts, clock, containerToken });
  const [api, registry, sts, metadata, secrets] = await Promise.all([
    serve((call) => ecr.answerApi(call)),
    serve((call) => ecr.answerRegistry(call)),
    serve((call) => answerSts(call, { accounts, clock, region })),
    serve((call) => machine.answer(call)),
    serve((call) => secretsManager.answer(call)),
  ]);
  ecr.registryOrigin = registry.origin;
  return {
    account,
    region,
    accounts,
    content,
    ecr,
    secretsManager,
    api,
    registry,
    sts,
    secrets,
    metadata,
    setMachineRole: machine.setRole,
    environment: (way) => ({
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_WEB_IDENTITY_TOKEN_FILE: '',
      AWS_ROLE_ARN: '',
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: way === 'container' ? `${metadata.origin}/v1/credentials` : '',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: way === 'container' ? containerToken : '',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '',
      AWS_EC2_METADATA_DISABLED: way === 'instance' ? 'false' : 'true',
      // Even where it is disabled, so that nothing can ever go to the real address.
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.origin,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    }),
    async close() {
      await Promise.all([api, registry, sts, metadata, secrets].map((service) => service.close()));
    },
  };
}
