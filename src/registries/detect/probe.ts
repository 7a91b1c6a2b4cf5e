import { TagboatError } from '../../core/errors.ts';
import { RegistryClient } from '../../oci/index.ts';
import type { AnyProvider } from '../../provider/define.ts';
import type { ProviderSet } from '../../provider/set.ts';
import type { OutboundPolicy } from '../deps.ts';
import type { Detection } from '../types.ts';
import { detect, type DetectOptions } from './detect.ts';

/** Milliseconds; somebody waits with the cursor in the field. */
const patience = 4000;

/**
 * Like `detect`, and where the host alone does not tell the provider, asks `/v2/` of it and looks at the challenge. Nothing
 * secret is sent. An address that does not answer changes nothing: saying why is the doctor's business.
 */
export async function detectWithProbe(
  text: string,
  providers: ProviderSet,
  options: DetectOptions,
  policy: OutboundPolicy,
  signal: AbortSignal,
): Promise<Detection> {
  const detection = detect(text, providers, options);
  if (detection.certainty !== 'guess' || detection.url === undefined) return detection;
  const provider = await askProvider(new URL(detection.url), providers, policy, signal);
  if (!provider || provider.id === detection.provider) return detection;
  return { ...detect(text, providers, { ...options, provider: provider.id }), certainty: 'challenge' };
}

async function askProvider(
  url: URL,
  providers: ProviderSet,
  policy: OutboundPolicy,
  signal: AbortSignal,
): Promise<AnyProvider | undefined> {
  const client = new RegistryClient({
    url,
    // Own authorities are common, and the answer is only looked at: no secret is sent, and nothing is believed but a name.
    tls: { mode: url.protocol === 'http:' ? 'plain' : 'insecure' },
    retries: 0,
    timeouts: { connect: patience, headers: patience, body: patience, total: patience },
    ...(policy.addresses && { addresses: policy.addresses }),
    ...(policy.lookup && { lookup: policy.lookup }),
    ...(policy.userAgent !== undefined && { userAgent: policy.userAgent }),
  });
  try {
    const ping = await client.ping({ signal });
    const bearer = ping.challenges.find((challenge) => challenge.scheme === 'bearer');
    const realm = bearer?.parameters.realm === undefined ? null : URL.parse(bearer.parameters.realm);
    const service = bearer?.parameters.service;
    return providers.detectByAnswer({ headers: ping.headers, ...(realm && { realm }), ...(service !== undefined && { service }) });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TagboatError) return undefined;
    throw error;
  } finally {
    await client.close().catch(() => {});
  }
}
