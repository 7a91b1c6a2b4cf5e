import type { Clock } from '../../core/clock.ts';
import { TransportError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { type Lookup, RegistryClient } from '../../oci/index.ts';
import { parseAwsSecretReference, readAwsSecret } from './aws-secrets-manager.ts';
import { parseAzureSecretReference, readAzureSecret } from './azure-key-vault.ts';
import type { CloudSecretDeps } from './cloud-deps.ts';
import { parseGoogleSecretReference, readGoogleSecret } from './google-secret-manager.ts';
import { failed, type Source } from './source.ts';

interface CloudSourceOptions {
  clock: Clock;
  lookup?: Lookup;
  endpoints?: Readonly<Record<string, string>>;
}

/** The secret managers of the clouds, each asked by the identity of the hub's own machine. */
export function cloudSources(options: CloudSourceOptions): Readonly<Record<'aws-sm' | 'gcp-sm' | 'azure-kv', Source>> {
  return {
    'aws-sm': cloudSource(
      {
        title: 'AWS Secrets Manager',
        example: 'aws-sm:eu-west-1/ci/registry#password',
        parse: parseAwsSecretReference,
        read: readAwsSecret,
      },
      options,
    ),
    'gcp-sm': cloudSource(
      {
        title: 'Google Secret Manager',
        example: 'gcp-sm:projects/acme-ci/secrets/registry',
        parse: parseGoogleSecretReference,
        read: readGoogleSecret,
      },
      options,
    ),
    'azure-kv': cloudSource(
      {
        title: 'Azure Key Vault',
        example: 'azure-kv:https://acme.vault.azure.net/secrets/registry',
        parse: parseAzureSecretReference,
        read: readAzureSecret,
      },
      options,
    ),
  };
}

interface Cloud<R> {
  title: string;
  example: string;
  parse: (rest: string) => R;
  read: (reference: R, deps: CloudSecretDeps) => Promise<Secret<string>>;
}

function cloudSource<R>({ title, example, parse, read }: Cloud<R>, { clock, lookup, endpoints }: CloudSourceOptions): Source {
  let client: RegistryClient | undefined;
  // Of the client only what carries calls is used; each cloud's address is given with the call.
  const http = () => (client ??= new RegistryClient({ url: 'https://secrets.invalid', clock, ...(lookup && { lookup }) }));
  return {
    title,
    example,
    // Whether the machine has an identity shows when it is asked.
    ready: () => undefined,
    check: (rest) => void parse(rest),
    describe: (rest) => `${title} ${rest}`,
    async read(rest, { signal }) {
      const reference = parse(rest);
      try {
        const value = await read(reference, { http: http(), clock, ...(endpoints && { endpoints }), ...(signal && { signal }) });
        return { kind: 'text', text: value.reveal() };
      } catch (error) {
        if (error instanceof TransportError && error.code !== 'canceled')
          throw failed(`${title} cannot be reached. ${error.message}`, error);
        throw error;
      }
    },
    close: async () => client?.close(),
  };
}
