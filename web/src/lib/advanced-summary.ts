import type { Provider } from '../api/types.ts';
import { formatDate, plural } from './format.ts';
import { activeFields, type RegistryDraft } from './registry-draft.ts';

/** What under “Advanced” is not as usual, in a few words each; shown while it is folded. */
export function advancedSummary(draft: RegistryDraft, provider: Provider, projectNames: ReadonlyMap<string, string> = new Map()): string[] {
  const parts: string[] = [];
  if (draft.tls === 'ca') parts.push('own certificate authority');
  if (draft.tls === 'insecure') parts.push('certificate not checked');
  if (draft.tls === 'plain') parts.push('plain HTTP');
  if (draft.clientCert.trim() !== '') parts.push('client certificate');
  if (draft.proxy.trim() !== '') parts.push(`through ${hostOf(draft.proxy)}`);
  if (draft.requestsPerSecond.trim() !== '') parts.push(`${draft.requestsPerSecond.trim()} requests/s`);
  if (
    draft.prefix.trim() !== '' &&
    draft.prefix.trim() !==
      draft.url
        .trim()
        .replace(/^https?:\/\//, '')
        .replace(/\/$/, '')
  ) {
    parts.push(`prefix ${draft.prefix.trim()}`);
  }
  if (!draft.allProjects) {
    const names = draft.projects.map((id) => projectNames.get(id) ?? id);
    parts.push(names.length === 1 ? `project ${names[0]}` : plural(names.length, 'project'));
  }
  if (draft.credentialExpiry.trim() !== '') parts.push(`credential renewed every ${draft.credentialExpiry.trim()}`);
  const pinned = draft.pinned.split(/[\n,]+/).filter((line) => line.trim() !== '').length;
  if (pinned > 0) parts.push(plural(pinned, 'pinned repository', 'pinned repositories'));
  if (draft.trustedRealms.length > 0) parts.push(`trusts ${draft.trustedRealms.map(hostOf).join(', ')}`);
  if (draft.tagOrder !== '') parts.push(`tags listed ${draft.tagOrder.replace('-', ' ')}`);
  if (draft.secretEndsOn !== '') parts.push(`secret ends ${formatDate(draft.secretEndsOn)}`);
  for (const field of activeFields(provider, draft.signIn)) {
    const value = draft.fields[field.name];
    if (field.advanced && value !== undefined && value !== '' && value !== field.default && !field.fromUrl)
      parts.push(field.label.toLowerCase());
  }
  return parts;
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url.trim();
  }
}
