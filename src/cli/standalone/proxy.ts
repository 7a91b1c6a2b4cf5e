/**
 * The proxy that the environment names for a URL, by the usual variables in either case: `HTTPS_PROXY` or `HTTP_PROXY`, then
 * `ALL_PROXY`; none for hosts that `NO_PROXY` lists (names with their subdomains, `*` for all, `host:port` for one port).
 */
export function proxyFromEnvironment(url: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const variable = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  const proxy = (url.protocol === 'https:' ? variable('HTTPS_PROXY') : variable('HTTP_PROXY')) ?? variable('ALL_PROXY');
  if (!proxy || isExempt(url, variable('NO_PROXY') ?? '')) return undefined;
  const text = proxy.includes('://') ? proxy : `http://${proxy}`;
  return /^https?:/i.test(text) ? text : undefined;
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase();
  if (host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)) return true;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, name = '', wantedPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false;
    const bare = name.replace(/^\*?\./, '');
    return host === bare || host.endsWith(`.${bare}`);
  });
}
