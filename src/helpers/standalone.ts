import { serverOf } from '../cli/clients/client-keys.ts';
import { keepCompiledCode } from '../compile-cache.ts';
import type { CredentialSource } from './credentials.ts';

/** Credentials from the data folder of a hub on this machine, while none runs on it. */
export async function standaloneSource(env: Readonly<Record<string, string | undefined>>): Promise<CredentialSource> {
  keepCompiledCode(env);
  const { withLocalHub } = await import('../credential-tool.ts');
  return {
    issue: (request) => withLocalHub(env, (hub) => hub.issue(request)),
    list: () =>
      withLocalHub(env, async (hub) => {
        const found: Record<string, string> = {};
        for (const registry of await hub.registries()) found[serverOf(registry.prefix)] ??= registry.credential?.username ?? '';
        return found;
      }),
  };
}
