import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../src/sdk/index.ts';
import { buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';

let directory: TemporaryDirectory;
let registry: TestRegistry;
let issuer: Issuer;
let hubs: HubProcess[];

beforeEach(async () => {
  directory = await temporaryDirectory('tagboat-life');
  registry = await startRegistry({ auth: { kind: 'basic', users: { ci: 'none yet' } } });
  registry.put('app', buildImage(), '1.0');
  issuer = await startIssuer((password) => registry.auth.setPassword('ci', password));
  hubs = [];
});
afterEach(async () => {
  for (const hub of hubs) await hub.stop('SIGKILL');
  await issuer.close();
  await registry.close();
  await directory.remove();
});

/** Issues passwords for keys, by `POST /issue`. */
interface Issuer {
  url: string;
  issued: number;
  /** Milliseconds that a password is good for. */
  lifetime: number;
  /** Status that it answers with instead. */
  broken: number | undefined;
  keys: Set<string>;
  /** Calls wait for it. */
  gate: Promise<void> | undefined;
  waiting: number;
  close(): Promise<void>;
}

async function startIssuer(onIssue: (password: string) => void): Promise<Issuer> {
  const state: Issuer = {
    url: '',
    issued: 0,
    lifetime: 3_600_000,
    broken: undefined,
    keys: new Set(['key-1']),
    gate: undefined,
    waiting: 0,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const issue = async (request: IncomingMessage): Promise<{ status: number; body?: object }> => {
    const key = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    state.waiting++;
    await state.gate;
    state.waiting--;
    if (state.broken !== undefined) return { status: state.broken };
    if (!state.keys.has(key)) return { status: 403 };
    state.issued++;
    const password = `geheim-${key}-${state.issued}`;
    onIssue(password);
    return { status: 200, body: { password, expiresAt: Date.now() + state.lifetime } };
  };
  const server: Server = createServer((request, response) => {
    void issue(request).then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body ?? {})));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

async function start(): Promise<HubProcess> {
  const hub = await startHubProcess({
    dataDir: directory.path,
    entry: 'test/support/issuing-hub.ts',
    env: { ISSUER_URL: issuer.url },
  });
  hubs.push(hub);
  return hub;
}

const connect = (hub: Client) =>
  hub.createRegistry({ name: 'prod', provider: 'issuing', url: registry.url, signIn: 'key', fields: { key: 'key-1' } });

/** Asks the registry itself, as every page of tags does. */
const read = (hub: Client) => hub.listTags('prod', 'app', { refresh: true });

const restarted = (hub: HubProcess, admin: Administrator): Client => createClient({ baseUrl: hub.url, token: admin.token });

describe('a hub whose issuer fails', () => {
  it('serves every request while the issuer is down at the time of a refresh, raises an alert and clears it', async () => {
    issuer.lifetime = 12_000;
    const admin = await setUpHub(await start());
    const { hub } = admin;
    await connect(hub);
    await read(hub);
    const begun = Date.now();
    let served = 0;
    let alerted = false;
    while (Date.now() - begun < 15_000) {
      // Its refresh is due after about 6 s.
      issuer.broken = Date.now() - begun > 3000 && Date.now() - begun < 9000 ? 503 : undefined;
      await read(hub);
      served++;
      alerted ||= (await hub.listAlerts()).items.some(({ kind, message }) => kind === 'refresh-failed' && message.includes('503'));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(served).toBeGreaterThan(20);
    expect(alerted).toBe(true);
    await expect.poll(async () => (await hub.listAlerts()).items, { timeout: 15_000 }).toEqual([]);
    expect((await hub.getRegistry('prod')).credential).not.toHaveProperty('failure');
    const actions = (await hub.listAudit({ action: 'alert' })).items.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['alert.raise', 'alert.clear']));
  });

  it('reuses after kill -9 what was issued, once for 100 who ask at the same moment', async () => {
    const first = await start();
    const admin = await setUpHub(first);
    await connect(admin.hub);
    // The check of a new registry has one issued for itself.
    await expect.poll(async () => (await admin.hub.getRegistry('prod')).state.state, { timeout: 20_000 }).toBe('ok');
    const before = issuer.issued;
    const together = await Promise.allSettled(
      Array.from({ length: 100 }, () => admin.hub.issueCredential({ registry: 'prod', purpose: 'race', push: true })),
    );
    expect(together.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    expect(issuer.issued).toBe(before + 1);
    await first.stop('SIGKILL');
    const hub = restarted(await start(), admin);
    await read(hub);
    expect((await hub.issueCredential({ registry: 'prod', purpose: 'after', push: true })).secret).toBe(`geheim-key-1-${before + 1}`);
  });

  it('keeps nothing that was issued for a key that was replaced meanwhile', async () => {
    const { hub } = await setUpHub(await start());
    await connect(hub);
    await expect.poll(async () => (await hub.getRegistry('prod')).state.state, { timeout: 20_000 }).toBe('ok');
    await read(hub);
    const gate = Promise.withResolvers<void>();
    issuer.gate = gate.promise;
    issuer.keys.add('key-2');
    const refreshing = hub.refreshCredential('prod').catch((error: { code?: string }) => error.code);
    await expect.poll(() => issuer.waiting).toBeGreaterThan(0);
    const edits = await Promise.allSettled([
      hub.updateRegistry('prod', { fields: { key: 'key-2' } }),
      hub.updateRegistry('prod', { description: 'two at once' }),
    ]);
    expect(edits.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    issuer.gate = undefined;
    gate.resolve();
    expect(await refreshing).toBe('canceled');
    await read(hub);
    expect((await hub.issueCredential({ registry: 'prod', purpose: 'after', push: true })).secret).toMatch(/^geheim-key-2-/);
    expect(await hub.getRegistry('prod')).toMatchObject({ description: 'two at once', credential: { kind: 'basic' } });
  });

  it('goes on with what it has when the key is changed at the issuer, and says so', async () => {
    const { hub } = await setUpHub(await start());
    await connect(hub);
    await read(hub);
    issuer.keys.clear();
    await expect(hub.refreshCredential('prod')).rejects.toMatchObject({ code: 'credential_refused' });
    await read(hub);
    expect((await hub.listAlerts()).items).toMatchObject([{ kind: 'refresh-failed', level: 'warning', code: 'credential_refused' }]);
    issuer.keys.add('key-3');
    await hub.setNextCredential('prod', { fields: { key: 'key-3' } });
    expect((await hub.testNextCredentialReport('prod')).state).toBe('ok');
    await hub.promoteNextCredential('prod');
    await read(hub);
    await expect.poll(async () => (await hub.listAlerts()).items).toEqual([]);
  });
});
