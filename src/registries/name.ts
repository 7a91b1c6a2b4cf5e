import { isIP } from 'node:net';

const allowed = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Why a registry may not be called this; undefined when it may. Case is kept, and does not make two names differ. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'Enter a name, for example prod-registry.';
  if (name.length > 64) return 'A name has at most 64 characters.';
  if (!allowed.test(name)) return 'A name begins with a letter or digit and holds letters, digits and . _ - only.';
  // Names stand for hosts in references (`prod/shop/api`): an id as a name would make two registries answer to one word.
  if (/^reg_[0-9a-z]{25}$/.test(name)) return 'This name has the form of a registry id. Choose another one.';
  return undefined;
}

/** Key under which a name is unique. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/**
 * A name to suggest for a host and namespace, not among the taken ones: `ghcr-acme`, `ghcr-acme-2`, … An IP address names nothing:
 * there `kind` stands in for it, with the port.
 *
 * @param host hostname with or without port; IPv6 in brackets
 * @param kind what it is, e.g. the id of its provider
 */
export function suggestName(host: string, namespace: string | undefined, taken: ReadonlySet<string>, kind = 'registry'): string {
  const [, hostname = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const labels = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) === 0 ? hostname.split('.') : [port === '' ? kind : `${kind}-${port}`];
  const generic = new Set(['registry', 'registry-1', 'docker', 'index', 'www', 'hub', 'cr', 'images']);
  const significant = labels.length > 1 && generic.has(labels[0] ?? '') ? (labels[1] ?? '') : (labels[0] ?? '');
  const base = [significant, namespace?.split('/')[0]]
    .filter((part) => part)
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 56);
  const name = base || 'registry';
  if (!taken.has(name)) return name;
  let count = 2;
  while (taken.has(`${name}-${count}`)) count++;
  return `${name}-${count}`;
}
