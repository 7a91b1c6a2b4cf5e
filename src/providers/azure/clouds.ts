import type { AzureCloud, EntraAudience } from '../../provider/identity/azure.ts';

/**
 * Login servers, with Domain Name Label, regional and data endpoint forms. The data endpoint answers no `/v2/`, but people paste it
 * from redirects; `.de` is the closed German cloud.
 */
export const acrHost = /^[a-z0-9]{5,50}(?:-[a-z0-9]+)?(?:\.[a-z0-9]+\.(?:geo|data))?\.azurecr\.(?:io|cn|us|de)$/;

/**
 * Audiences of the tokens that registries take: the registry's own in the global cloud, those of Resource Manager in the others, as the
 * container registry SDK for JavaScript has them.
 */
const audiences: Readonly<Record<AzureCloud, string>> = {
  global: 'https://containerregistry.azure.net',
  china: 'https://management.chinacloudapi.cn',
  'us-government': 'https://management.usgovcloudapi.net',
};

export function registryAudience(cloud: AzureCloud): EntraAudience {
  return { cloud, audience: audiences[cloud] };
}

/** The cloud of a login server by its name; undefined for names of one's own. */
export function cloudOf(hostname: string): AzureCloud | undefined {
  if (!acrHost.test(hostname)) return undefined;
  if (hostname.endsWith('.cn')) return 'china';
  return hostname.endsWith('.us') ? 'us-government' : 'global';
}
