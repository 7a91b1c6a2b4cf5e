import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type Principal, systemPrincipal } from './access/index.ts';
import { presentHandout } from './api/present/handout.ts';
import { presentRegistry } from './api/present/registry.ts';
import { configFromEnvironment, hubConfig } from './config.ts';
import { HubError, NotFound } from './core/errors.ts';
import { createHub } from './hub.ts';
import type { HandoutRequest } from './registries/index.ts';
import { presentOwner } from './store/index.ts';
import { packageVersion } from './version.ts';

/** What can be asked of a data folder while no hub runs on it; answers as the API of a hub does. */
export interface LocalHub {
  /** Undefined when there is no such registry. */
  issue(request: HandoutRequest): Promise<ReturnType<typeof presentHandout> | undefined>;
  registries(): Promise<ReturnType<typeof presentRegistry>[]>;
}

/**
 * Opens the data folder that TAGBOAT_DATA names, as the tools do, for one piece of work. Several may do so at once.
 *
 * @throws HubError when there is none, or when a hub runs on it: that one is to be asked
 */
export async function withLocalHub<T>(env: Readonly<Record<string, string | undefined>>, work: (hub: LocalHub) => Promise<T>): Promise<T> {
  const { database: _database, ...given } = configFromEnvironment(env);
  const config = hubConfig({ ...given, backgroundChecks: false });
  const dataDir = resolve(config.dataDir);
  if (!existsSync(join(dataDir, 'tagboat.db'))) {
    throw new HubError(`There is no data of Tagboat in ${dataDir}, which TAGBOAT_DATA names.`, 'data_dir_unusable');
  }
  const owner = presentOwner(dataDir);
  if (owner !== undefined) {
    throw new HubError(
      `A hub${owner} uses ${dataDir}: ask that one. Set TAGBOAT_URL to its address, for example http://127.0.0.1:${config.port}, and TAGBOAT_TOKEN to an API token.`,
      'store_in_use',
    );
  }
  const hub = await createHub(config, packageVersion(), { access: 'tool' });
  try {
    const { handouts, registries } = hub.services;
    const principal = localPrincipal();
    return await work({
      async issue(request) {
        try {
          return presentHandout(await handouts.issue(principal, { ...request, whole: true }));
        } catch (error) {
          if (error instanceof NotFound) return undefined;
          throw error;
        }
      },
      registries: async () => (await registries.list(principal)).map(presentRegistry),
    });
  } finally {
    await hub.close();
  }
}

/** Who can read data folder and master key may do everything; the audit log names their account. */
function localPrincipal(): Principal {
  return { ...systemPrincipal, name: `${userInfo().username} on this machine` };
}
