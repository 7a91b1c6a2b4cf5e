import { type CredentialRequest, everyItem, type IssuedCredential, type Registry } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { openHub } from '../hub-client.ts';

/** Where credentials are got from: a hub, or a data folder on this machine while no hub runs on it. */
export interface CredentialDesk {
  /** Address of the hub, or path of the folder. */
  place: string;
  registries(): Promise<Pick<Registry, 'id' | 'name' | 'prefix'>[]>;
  issue(request: CredentialRequest): Promise<IssuedCredential | undefined>;
}

/** The same choice as that of the credential helper: --hub or TAGBOAT_URL, else TAGBOAT_DATA, else `tagboat login`. */
export async function openDesk(cli: Cli, options: CommonOptions): Promise<CredentialDesk> {
  const { env } = cli.io;
  const data = env['TAGBOAT_DATA'];
  if (options.hub === undefined && !env['TAGBOAT_URL'] && data) {
    const { withLocalHub } = await import('../../credential-tool.ts');
    return {
      place: data,
      registries: () => withLocalHub(env, (hub) => hub.registries()),
      issue: (request) => withLocalHub(env, (hub) => hub.issue(request)),
    };
  }
  const hub = await openHub(cli, options);
  return {
    place: hub.address.url,
    registries: () => Array.fromAsync(everyItem((cursor) => hub.listRegistries({ cursor, limit: 1000 }))),
    issue: (request) => hub.issueCredential(request),
  };
}
