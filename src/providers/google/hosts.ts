/** Artifact Registry by location, its host in France's trusted cloud, and gcr.io, which Artifact Registry serves now. */
export const garHosts = [
  /^(?:[a-z0-9]+(?:-[a-z0-9]+)*-docker\.pkg\.dev|docker\.s3nsregistry\.fr)$/,
  /^(?:(?:us|eu|asia|marketplace|k8s|l)\.)?gcr\.io$/,
];

export function isGoogle(hostname: string): boolean {
  return garHosts.some((pattern) => pattern.test(hostname));
}

const gcrLocations: Readonly<Record<string, string>> = {
  'gcr.io': 'us',
  'us.gcr.io': 'us',
  'eu.gcr.io': 'europe',
  'asia.gcr.io': 'asia',
};

/** Location of a host's repositories, and for gcr.io the one repository that stands behind it in each project. */
export function placeOf(hostname: string): { location: string; gcr?: string } | undefined {
  const location = /^([a-z0-9-]+)-docker\.pkg\.dev$/.exec(hostname)?.[1];
  if (location !== undefined) return { location };
  const gcr = gcrLocations[hostname];
  return gcr === undefined ? undefined : { location: gcr, gcr: hostname };
}

/** The parts of a namespace or repository name: `project[/repository[/image]]`, where a project of a domain is two of them. */
export function splitName(name: string): { path: string; project: string; rest: string[] } {
  const parts = name.split('/').filter((part) => part !== '');
  const own = parts[0]?.includes('.') === true && parts.length > 1 ? 2 : 1;
  return { path: parts.slice(0, own).join('/'), project: parts.slice(0, own).join(':'), rest: parts.slice(own) };
}
