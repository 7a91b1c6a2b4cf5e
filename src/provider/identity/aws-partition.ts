/** The parts of AWS that have identities, names and endpoints of their own. */
export interface AwsPartition {
  /** As in ARNs: `aws`, `aws-cn`, … */
  id: string;
  /** What the hostnames of its endpoints end in. */
  suffix: string;
}

/** By the beginning of a region's name, as AWS' SDKs have it (`partitions.json`); everything else is `aws`. */
const partitions: readonly (readonly [prefix: string, id: string, suffix: string])[] = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu'],
];

export function partitionOf(region: string): AwsPartition {
  const found = partitions.find(([prefix]) => region.startsWith(prefix));
  return found ? { id: found[1], suffix: found[2] } : { id: 'aws', suffix: 'amazonaws.com' };
}
