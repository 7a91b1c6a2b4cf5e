/** What the hostname of a registry of Alibaba Cloud says. */
export interface AcrHost {
  region: string;
  /** Name of an Enterprise instance. */
  instance?: string;
}

/** Instances of the Enterprise edition. */
export const enterpriseHost = /^([a-z0-9][a-z0-9-]{0,62})-registry(?:-vpc)?(?:\.distributed)?\.([a-z0-9-]{4,40})\.cr\.aliyuncs\.com$/;

/**
 * The classic registries of the Personal edition. What follows the first dot has to be a region: `registry.oss-cn-….aliyuncs.com`
 * would be somebody's storage bucket.
 */
export const personalHost = /^registry(?:-intl)?(?:-vpc|-internal)?\.((?:cn|ap|us|eu|me|na|sa|rus)-[a-z0-9-]{2,36})\.aliyuncs\.com$/;

/** Personal instances made since 2024 have names of their own. */
export const personalInstanceHost = /^crpi-[a-z0-9]{1,40}(?:-vpc)?\.([a-z0-9-]{4,40})\.personal\.cr\.aliyuncs\.com$/;

/** Token servers of both editions; that of Zhangjiakou is spelled its own way. Buckets of storage are not among them. */
export const tokenServers = [
  /^dockerauth(?:-ee)?(?:-vpc)?\.(?:cn|ap|us|eu|me|na|sa|rus)-[a-z0-9-]{2,36}\.aliyuncs\.com$/,
  /^dockerauth(?:-ee)?(?:-vpc)?(?:-cn-zhangjiakou)?\.aliyuncs\.com$/,
];

export function parseAcrHost(hostname: string): AcrHost | undefined {
  const host = hostname.toLowerCase();
  const enterprise = enterpriseHost.exec(host);
  if (enterprise) return { instance: enterprise[1], region: enterprise[2] ?? '' };
  const region = personalHost.exec(host)?.[1] ?? personalInstanceHost.exec(host)?.[1];
  return region === undefined ? undefined : { region };
}
