/**
 * Login servers, with Domain Name Label, regional and data endpoint forms. The data endpoint answers no `/v2/`, but people paste it
 * from redirects; `.de` is the closed German cloud.
 */
export const acrHost = /^[a-z0-9]{5,50}(?:-[a-z0-9]+)?(?:\.[a-z0-9]+\.(?:geo|data))?\.azurecr\.(?:io|cn|us|de)$/;

export type Cloud = 'global' | 'china' | 'us-government';

interface CloudFacts {
  /** Name in `Provider.endpoints`. */
  login: 'login' | 'login-china' | 'login-us-government';
  /** Audience of Entra tokens that the registry takes. */
  audience: string;
}

/**
 * Authorities of Microsoft Entra ID by cloud, and audiences: that of the registry itself in the global cloud, those of Resource Manager in
 * the others, as the container registry SDK for JavaScript has them.
 */
export const clouds: Readonly<Record<Cloud, CloudFacts>> = {
  global: { login: 'login', audience: 'https://containerregistry.azure.net' },
  china: { login: 'login-china', audience: 'https://management.chinacloudapi.cn' },
  'us-government': { login: 'login-us-government', audience: 'https://management.usgovcloudapi.net' },
};

export const endpoints = {
  login: 'https://login.microsoftonline.com',
  'login-china': 'https://login.chinacloudapi.cn',
  'login-us-government': 'https://login.microsoftonline.us',
  /** Azure Instance Metadata Service. */
  metadata: 'http://169.254.169.254',
};

/** The cloud of a login server by its name; undefined for names of one's own. */
export function cloudOf(hostname: string): Cloud | undefined {
  if (!acrHost.test(hostname)) return undefined;
  if (hostname.endsWith('.cn')) return 'china';
  return hostname.endsWith('.us') ? 'us-government' : 'global';
}
