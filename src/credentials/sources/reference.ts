import { hasUnprintable } from '../../oci/text.ts';
import { refused } from './source.ts';

/** Kinds of sources, by what references to them begin with. */
export const sourceSchemes = [
  'exec',
  'env',
  'file',
  'secret',
  'pullsecret',
  'docker-config',
  'vault',
  'aws-sm',
  'gcp-sm',
  'azure-kv',
] as const;
export type SourceScheme = (typeof sourceSchemes)[number];

const longest = 2048;

/**
 * Where a secret is read, as people write it: the kind of place, a colon, and what that kind understands.
 *
 * `exec:name` · `env:NAME` · `file:/path` · `secret:namespace/name#field` · `pullsecret:namespace/name` · `docker-config:` ·
 * `vault:mount/path#field` · `aws-sm:…` · `gcp-sm:…` · `azure-kv:…`
 *
 * @throws CredentialError `credential_source_denied`
 */
export function parseSource(text: string): { scheme: SourceScheme; rest: string } {
  const colon = text.indexOf(':');
  const scheme = sourceSchemes.find((known) => known === text.slice(0, Math.max(colon, 0)));
  // What is not known for a reference may be a secret in the wrong field: it is not repeated.
  if (!scheme) throw refused(`A source begins with where it is read: ${sourceSchemes.map((known) => `${known}:`).join(', ')}.`);
  const rest = text.slice(colon + 1);
  if (text.length > longest || hasUnprintable(rest))
    throw refused(`What stands behind ${scheme}: is too long or holds characters that cannot be meant.`);
  return { scheme, rest };
}

/** `path#field` → its parts. The field is what stands behind the last `#`. */
export function splitField(rest: string): { path: string; field?: string } {
  const hash = rest.lastIndexOf('#');
  if (hash === -1) return { path: rest };
  const field = rest.slice(hash + 1);
  if (field === '') throw refused('The name of the field behind # is missing.');
  return { path: rest.slice(0, hash), field };
}

/** Whether a name is meant by one of several patterns, in which `*` stands for any characters. */
export function matchesPattern(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const [first = '', ...others] = pattern.split('*');
    if (others.length === 0) return name === pattern;
    if (!name.startsWith(first)) return false;
    const last = others.pop() ?? '';
    let at = first.length;
    for (const part of others) {
      const found = name.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  });
}
