import type { CopyResult } from '../../oci/index.ts';
import { formatSize } from './size.ts';

/** What is told of a copy, made here or by a hub. */
export type CopyFacts = Pick<CopyResult, 'outcome' | 'blobs' | 'bytes' | 'manifests' | 'referrers'> & { digest: string };

/** `Copied to ghcr.io/acme/api:1.4, stable.` */
export function copyHeadline(
  result: Pick<CopyFacts, 'outcome' | 'digest'>,
  place: string,
  tags: readonly string[],
  dryRun: boolean,
): string {
  const where = tags.length > 0 ? `${place}:${tags.join(', ')}` : `${place}@${result.digest}`;
  if (result.outcome === 'unchanged') return `${where} is up to date.`;
  return `${dryRun ? 'Would copy' : 'Copied'} to ${where}.`;
}

/** What was sent and what was not, behind the headline. */
export function copyDetails({ blobs, bytes, manifests, referrers }: CopyFacts, seconds: number | undefined): string {
  const facts = [
    blobs.uploaded > 0 && `${blobs.uploaded} blob${blobs.uploaded === 1 ? '' : 's'} sent (${formatSize(bytes.moved)})`,
    blobs.mounted > 0 && `${blobs.mounted} mounted`,
    blobs.present > 0 && `${blobs.present} there already`,
    blobs.skipped > 0 && `${blobs.skipped} left with their publisher`,
    manifests.pushed > 1 && `${manifests.pushed} manifests`,
    referrers > 0 && `${referrers} referrer${referrers === 1 ? '' : 's'}`,
    bytes.saved > 0 && `${formatSize(bytes.saved)} saved`,
    seconds !== undefined && bytes.moved > 0 && `${seconds.toFixed(1)} s, ${formatSize(bytes.moved / seconds)}/s`,
  ].filter((fact) => fact !== false);
  return facts.length > 0 ? `  ${facts.join(' · ')}` : '';
}
