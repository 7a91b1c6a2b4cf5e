/** What the hostname of a private ECR registry says. */
export interface EcrHost {
  account: string;
  region: string;
  /** FIPS endpoint: the API is to be called at its FIPS endpoint too. */
  fips: boolean;
  /** IPv4 and IPv6. */
  dualStack: boolean;
}

/**
 * Hosts of private registries: `<account>.dkr.ecr[-fips].<region>.<suffix>` of every partition, and the dual-stack form
 * `<account>.dkr-ecr.<region>.on.aws` (Amazon ECR user guide, "Private registry"; AWS General Reference, ECR endpoints).
 */
export const ecrHost =
  /^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z0-9][a-z0-9-]{0,30})\.(amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$/;

export function parseEcrHost(hostname: string): EcrHost | undefined {
  const match = ecrHost.exec(hostname.toLowerCase());
  if (!match) return undefined;
  const [, account = '', fips, region = '', suffix = ''] = match;
  return { account, region, fips: fips !== undefined, dualStack: suffix.startsWith('on.') };
}
