import { isDigest } from '../oci/index.ts';

/** A tag that stands for something said of a digest, not for a version. */
export interface DigestTag {
  /** What it says something of. Of a sha512 digest only 64 characters fit the tag schema, so it is absent then. */
  subject?: string;
  /** `Cosign signature`, … */
  title: string;
}

const pattern = /^(sha256|sha512)-([a-f0-9]{64,128})(?:\.(sig|att|sbom))?$/;

/** What cosign before version 3 pushes; no ending: the list of referrers where a registry lacks the API. */
const titles: Readonly<Record<string, string>> = {
  sig: 'Cosign signature',
  att: 'Cosign attestation',
  sbom: 'Cosign SBOM',
  '': 'Referrers list',
};

/**
 * Recognises tags such as `sha256-<hex>.sig` (cosign) and `sha256-<hex>` (distribution specification, "Referrers Tag Schema").
 */
export function parseDigestTag(tag: string): DigestTag | undefined {
  if (!tag.startsWith('sha')) return undefined;
  const match = pattern.exec(tag);
  if (!match) return undefined;
  const subject = `${match[1]}:${match[2]}`;
  return { title: titles[match[3] ?? ''] ?? 'Artifact', ...(isDigest(subject) && { subject }) };
}
