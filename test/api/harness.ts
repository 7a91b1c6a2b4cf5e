import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Role } from '../../src/access/index.ts';
import type { Api } from '../../src/api/api.ts';
import { type AppOptions, createApp } from '../../src/api/app.ts';
import { type HubConfig, hubConfig } from '../../src/config.ts';
import { createHub, type Hub } from '../../src/hub.ts';
import type { RequestRecord } from '../../src/oci/index.ts';

export const password = 'correct horse battery staple';

/** Someone who is signed in by a browser. */
export interface Person {
  cookie: string;
  csrf: string;
  id: string;
}

export interface TestHub {
  hub: Hub;
  app: Api;
  administrator: Person;
  /** Folder of the database and the master key. */
  dataDir: string;
  /** Sends a request as a person; without one, as nobody. Bodies are sent as JSON. */
  request: (options: InjectOptions & { as?: Person }) => Promise<LightMyRequestResponse>;
  /** Adds a user and signs them in. */
  addPerson: (name: string, role: Role) => Promise<Person>;
  /** Listens on a free port of 127.0.0.1; answers the URL. */
  listen: () => Promise<string>;
  close: () => Promise<void>;
}

/**
 * A hub with the administrator `ana`, who is signed in; it does nothing by itself. By default on an empty SQLite database in a
 * temporary folder, which goes when it is closed; a folder that is given stays.
 */
export async function startTestHub(config: Partial<HubConfig> = {}, options: AppOptions = {}): Promise<TestHub> {
  const dataDir = config.dataDir ?? (await mkdtemp(join(tmpdir(), 'tagboat-api-')));
  const onRequest = (record: RequestRecord): void => app.log.debug({ ...record }, 'asked a registry');
  const hub = await createHub(hubConfig({ backgroundChecks: false, ...config, dataDir }), '0.0.0', { outbound: { onRequest } });
  const app: Api = await createApp(hub.services, options);

  const request: TestHub['request'] = ({ as, headers, ...rest }) =>
    app.inject({ ...rest, headers: { ...(as && { cookie: as.cookie, 'x-csrf-token': as.csrf }), ...headers } });
  const signedIn = (answer: LightMyRequestResponse): Person => {
    const cookie = answer.cookies.find(({ name }) => name === 'tagboat_session');
    const { csrf, user } = answer.json<{ csrf: string; user: { id: string } }>();
    return { cookie: `tagboat_session=${cookie?.value}`, csrf, id: user.id };
  };

  const token = await hub.services.setup.begin();
  const administrator = signedIn(
    token === undefined
      ? await request({ method: 'POST', url: '/api/v1/session', payload: { name: 'ana', password } })
      : await request({ method: 'POST', url: '/api/v1/setup', payload: { token, name: 'ana', password } }),
  );

  return {
    hub,
    app,
    administrator,
    dataDir,
    request,
    async addPerson(name, role) {
      await request({ method: 'POST', url: '/api/v1/users', as: administrator, payload: { name, password, role } });
      return signedIn(await request({ method: 'POST', url: '/api/v1/session', payload: { name, password } }));
    },
    listen: () => app.listen({ host: '127.0.0.1', port: 0 }),
    async close() {
      await app.close();
      await hub.close();
      if (config.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
