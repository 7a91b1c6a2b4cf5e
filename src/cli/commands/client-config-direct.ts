import { InvalidSettings } from '../../core/errors.ts';
import { registryUrl } from '../../oci/index.ts';
import { canonicalPem, certificateInfo, readCertificates } from '../../registries/certificates.ts';
import { parsePlace, placeText } from '../../registries/client-config/facts.ts';
import { renderClientConfig } from '../../registries/client-config/render.ts';
import type { ClientConfig, ClientRegistry } from '../../registries/client-config/types.ts';
import { UsageError } from '../errors.ts';
import { readTextFile } from '../standalone/client.ts';
import type { ClientConfigCliOptions } from './client-config-run.ts';

/** The configuration for a host with the flags given, without asking anybody. */
export async function directClientConfig(
  text: string,
  options: ClientConfigCliOptions,
): Promise<ClientConfig & { registry: { name: string } }> {
  try {
    const registry = await describe(text, options);
    const config = renderClientConfig(registry, {
      client: options.for,
      containerd: options.containerdVersion === '1' ? 1 : 2,
      // Without a hub nobody would answer the helper.
      helper: false,
      ...(options.mirrorOf !== undefined && { mirrorOf: options.mirrorOf }),
      ...(options.mirrors && { mirrors: options.mirrors }),
    });
    return { ...config, registry: { name: registry.name } };
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    const [field] = error.fields;
    if (field?.field === 'registry') {
      throw new UsageError(
        'This is not a host, and no hub is in use that could know it by name.',
        'Name a host such as registry.acme.io:5000, or sign in with `tagboat login`.',
      );
    }
    const flag = { mirrorOf: '--mirror-of', mirrors: '--mirrors', caFile: '--ca-file', clientCert: '--client-cert' }[
      error.fields[0]?.field ?? ''
    ];
    throw new UsageError(`${flag === undefined ? '' : `${flag}: `}${error.message}`);
  }
}

async function describe(text: string, options: ClientConfigCliOptions): Promise<ClientRegistry> {
  const modes = [options.plainHttp && '--plain-http', options.insecure && '--insecure', options.caFile && '--ca-file'].filter(Boolean);
  if (modes.length > 1) throw new UsageError(`${modes.join(' and ')} exclude each other.`, 'Leave all but one out.');
  if (/:\/\//.test(text)) throw new UsageError('A registry is named by its host alone.', 'Leave out everything up to and including “://”.');
  const place = parsePlace(text, 'registry');
  const url = registryUrl(place.host, options.plainHttp === true);
  const tls = options.plainHttp ? 'plain' : options.insecure ? 'insecure' : options.caFile === undefined ? 'verify' : 'ca';
  const client = options.clientCert === undefined ? undefined : await certificates(options.clientCert, '--client-cert', 'clientCert');
  const ca = options.caFile === undefined ? undefined : await certificates(options.caFile, '--ca-file', 'caFile');
  return {
    name: place.host,
    url: url.href,
    host: url.host,
    prefix: placeText(place),
    namespace: '',
    connection: {
      tls,
      caCertificates: [],
      proxyHasPassword: false,
      ...(ca && { ca: ca.pem }),
      ...(client && { clientCertificate: { cert: client.pem, info: client.info, hasKey: false } }),
    },
  };
}

/** Only what is a certificate leaves this: a key that stands in the file, too, does not. */
async function certificates(path: string, flag: string, field: string) {
  const found = readCertificates(await readTextFile(path, flag), field);
  return { pem: canonicalPem(found), info: found.map(certificateInfo) };
}
