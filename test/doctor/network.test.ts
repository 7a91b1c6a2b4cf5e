import { describe, expect, it } from 'vitest';
import { examine } from './examine.ts';
import { closedPort, serve, serveBlackhole, serveProxy, serveSilence, tinyRegistry } from './servers.ts';
import { createAuthority } from '../support/certificates.ts';

const anonymous = { signIn: 'anonymous' };

describe('the doctor, on the way to the registry', () => {
  it('passes an open registry and says what it saw', async () => {
    await using registry = await serve(tinyRegistry());
    const { report, yielded } = await examine({ url: `http://${registry.host}`, ...anonymous });
    expect(report).toMatchObject({ state: 'ok', capabilities: { catalog: 'yes' }, credential: { kind: 'anonymous' } });
    expect(report.steps.map((step) => step.state)).toEqual([
      'ok',
      'ok',
      'ok',
      'skipped',
      'ok',
      'ok',
      'ok',
      'skipped',
      'ok',
      'ok',
      'skipped',
    ]);
    expect(yielded.filter((step) => step.state === 'running').map((step) => step.id)).toEqual(report.steps.map((step) => step.id));
    expect(report.steps.every((step) => step.state === 'skipped' || typeof step.durationMs === 'number')).toBe(true);
  });

  it('finds that a name does not exist', async () => {
    const { report, step } = await examine({ url: 'registry.tippo.test', ...anonymous });
    expect(report).toMatchObject({ state: 'failing', code: 'dns_not_found' });
    expect(step('dns')).toMatchObject({ state: 'failed', field: 'url' });
    expect(step('dns').summary).toContain('registry.tippo.test');
    expect(step('tcp')).toMatchObject({ state: 'skipped', summary: 'waits for the name' });
    expect(step('quota')).toMatchObject({ state: 'skipped', summary: 'waits for the name' });
  });

  it('finds that nothing listens', async () => {
    const { report, step } = await examine({ url: `localhost:${await closedPort()}`, ...anonymous });
    expect(report.code).toBe('connection_refused');
    expect(step('dns')).toMatchObject({ state: 'ok', summary: 'localhost → 127.0.0.1' });
    expect(step('tcp').help).toMatch(/port/);
  });

  it('finds that packets are dropped', async () => {
    await using blackhole = await serveBlackhole();
    const { report, step } = await examine({ url: blackhole.host, ...anonymous }, { timeouts: { connect: 300 } });
    expect(report.code).toBe('connect_timeout');
    expect(step('tcp')).toMatchObject({ state: 'failed', field: 'url' });
    expect(step('tcp').help).toMatch(/firewall/);
  });

  it('finds a server that accepts and then says nothing, in TLS and in plain HTTP', async () => {
    await using silence = await serveSilence();
    const tls = await examine({ url: silence.host, ...anonymous }, { timeouts: { connect: 200 } });
    expect(tls.report.code).toBe('response_timeout');
    expect(tls.step('tls').state).toBe('failed');
    const plain = await examine({ url: `http://${silence.host}`, ...anonymous }, { timeouts: { answer: 200, connect: 200 } });
    expect(plain.report.code).toBe('response_timeout');
    expect(plain.step('v2').state).toBe('failed');
  });

  it('ends when its total time is over', async () => {
    await using silence = await serveSilence();
    const { report, step } = await examine({ url: `http://${silence.host}`, ...anonymous }, { timeouts: { total: 300, answer: 60_000 } });
    expect(step('v2')).toMatchObject({ state: 'failed', code: 'total_timeout' });
    expect(report.durationMs).toBeLessThan(5000);
  });

  it('ends when the caller gives up', async () => {
    await using silence = await serveSilence();
    const controller = new AbortController();
    const running = examine({ url: `http://${silence.host}`, ...anonymous }, { signal: controller.signal, timeouts: { answer: 60_000 } });
    setTimeout(() => controller.abort(new Error('gone')), 100);
    await expect(running).rejects.toThrow('gone');
  });

  it('refuses addresses that no registry has', async () => {
    const { step } = await examine({ url: 'http://169.254.169.254', ...anonymous });
    expect(step('dns')).toMatchObject({ state: 'failed', code: 'address_denied', field: 'url' });
  });

  it('says that an address cannot be read as its first finding', async () => {
    const { report, step } = await examine({ url: 'https://user:geheim@registry.test', ...anonymous });
    expect(step('url')).toMatchObject({ state: 'failed', field: 'url' });
    expect(step('dns').summary).toBe('waits for the address');
    expect(JSON.stringify(report)).not.toContain('geheim');
  });
});

describe('the doctor, through a proxy', () => {
  it('goes through one that lets it', async () => {
    const authority = await createAuthority();
    const pair = await authority.issue();
    await using registry = await serve(tinyRegistry(), pair);
    await using proxy = await serveProxy({ password: 'p%sw:d' });
    const connection = { tls: 'ca' as const, ca: authority.cert, proxy: `http://corp:p%25sw%3Ad@${proxy.host}` };
    const { report, step } = await examine({ url: registry.host, ...anonymous, connection });
    expect(report).toMatchObject({ state: 'ok' });
    expect(step('tcp').summary).toContain(`The proxy ${proxy.host} connects to ${registry.host}`);
    expect(proxy.tunnels.length).toBeGreaterThan(1);
    expect(JSON.stringify(report)).not.toMatch(/p%25sw|p%sw/);
  });

  it('finds one that refuses, one that wants a password, and one that is not there', async () => {
    await using refusing = await serveProxy({ refuseWith: 403 });
    const refused = await examine({ url: 'https://registry.test', ...anonymous, connection: { proxy: `http://${refusing.host}` } });
    expect(refused.step('tcp')).toMatchObject({ state: 'failed', code: 'proxy_refused', field: 'connection.proxy' });
    expect(refused.step('tcp').summary).toMatch(/403/);

    await using closed = await serveProxy({ password: 'right' });
    const unauthorized = await examine({
      url: 'https://registry.test',
      ...anonymous,
      connection: { proxy: `http://corp:wrong@${closed.host}` },
    });
    expect(unauthorized.step('tcp')).toMatchObject({ code: 'proxy_unauthorized', field: 'connection.proxy' });

    const gone = await examine({
      url: 'https://registry.test',
      ...anonymous,
      connection: { proxy: `http://127.0.0.1:${await closedPort()}` },
    });
    expect(gone.step('tcp')).toMatchObject({ code: 'proxy_refused', field: 'connection.proxy' });
  });
});
