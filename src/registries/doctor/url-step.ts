import type { StepDefinition } from './examination.ts';
import { ok } from './examination.ts';
import { genericProvider } from '../address.ts';
import { urlText } from '../url.ts';

const modes = {
  verify: 'https, certificate checked',
  ca: 'https, certificate checked, with an own authority',
  insecure: 'https, certificate not checked',
  plain: 'plain http, not encrypted',
} as const;

/** The address itself was settled before the examination began; this says how it was understood. */
export const urlStep: StepDefinition = {
  id: 'url',
  title: 'Address',
  subject: 'the address',
  async examine({ subject: { configuration, providers } }) {
    const { url, provider, connection, namespace } = configuration;
    const owner = providers.detectByHost(url);
    // Any registry may be used as a generic one; anything else is probably a mistake.
    const mistaken = owner && owner.id !== provider.id && provider.id !== genericProvider ? owner : undefined;
    const outcome = ok(`${provider.title} at ${urlText(url)}`, {
      URL: urlText(url),
      Provider: provider.title,
      Namespace: namespace,
      Connection: modes[connection.tls],
      Proxy: connection.proxy && new URL(connection.proxy).host,
    });
    if (!mistaken) return outcome;
    return {
      ...outcome,
      state: 'warning',
      code: 'provider_mismatch',
      field: 'provider',
      summary: `${url.host} is an address of ${mistaken.title}, but ${provider.title} is chosen`,
      help: `Choose ${mistaken.title} as the provider, or correct the address.`,
    };
  },
};
