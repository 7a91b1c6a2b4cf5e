import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  buildImage,
  corrupted,
  crossOriginLink,
  delay,
  endlessPages,
  html,
  noDigestHeader,
  redirect,
  resetAt,
  startRegistry,
  type TestRegistry,
  tooManyRequests,
  truncatedAt,
  uploadResetAt,
  wrongDigest,
} from './index.ts';

let registry: TestRegistry;
const image = buildImage();
beforeEach(async () => {
  registry = await startRegistry();
  registry.put('a', image, 'x');
});
afterEach(() => registry.close());

const manifest = () => fetch(`${registry.url}/v2/a/manifests/x`);

describe('scripted faults', () => {
  it('strike what they match, after a while, so many times', async () => {
    const fault = registry.faults.add({ method: 'GET', path: /manifests\/x$/, skip: 1, times: 2 }, tooManyRequests(3));
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push((await manifest()).status);
    expect(statuses).toEqual([200, 429, 429, 200]);
    expect(fault.struck).toBe(2);
    expect((await fetch(`${registry.url}/v2/a/tags/list`)).status).toBe(200);
  });

  it('can be taken back', async () => {
    const fault = registry.faults.add({ times: Infinity }, html());
    expect((await manifest()).headers.get('content-type')).toContain('text/html');
    fault.remove();
    expect((await manifest()).status).toBe(200);
  });

  it('lie about digests', async () => {
    registry.faults.add({}, wrongDigest());
    expect((await manifest()).headers.get('docker-content-digest')).not.toBe(image.digest);
    registry.faults.add({}, noDigestHeader());
    expect((await manifest()).headers.get('docker-content-digest')).toBeNull();
    registry.faults.add({}, corrupted());
    const response = await manifest();
    expect(response.headers.get('docker-content-digest')).toBe(image.digest);
    expect(Buffer.from(await response.arrayBuffer()).equals(image.bytes)).toBe(false);
  });

  it('break connections in the middle of an answer', async () => {
    for (const effect of [resetAt(10), truncatedAt(10), resetAt(0)]) {
      registry.faults.add({}, effect);
      await expect(manifest().then((response) => response.text())).rejects.toThrow(/fetch failed|terminated/);
    }
    expect((await manifest()).status).toBe(200);
  });

  it('break connections in the middle of an upload, of which the first part stays', async () => {
    const start = await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST' });
    const location = registry.url + (start.headers.get('location') ?? '');
    registry.faults.add({ method: 'PATCH' }, uploadResetAt(1000));
    await expect(fetch(location, { method: 'PATCH', body: Buffer.alloc(100_000) })).rejects.toThrow(/fetch failed|terminated/);
    expect((await fetch(location)).headers.get('range')).toBe('0-999');
  });

  it('lead listings astray', async () => {
    const link = async () => (await fetch(`${registry.url}/v2/a/tags/list`)).headers.get('link');
    registry.faults.add({}, crossOriginLink('https://evil.example/v2/a/tags/list'));
    expect(await link()).toBe('<https://evil.example/v2/a/tags/list>; rel="next"');
    registry.faults.add({ times: 2 }, endlessPages());
    expect([await link(), await link()]).toEqual(['</v2/a/tags/list?page=1>; rel="next"', '</v2/a/tags/list?page=2>; rel="next"']);
  });

  it('redirect and delay', async () => {
    registry.faults.add({}, redirect('/elsewhere', 302));
    const response = await fetch(`${registry.url}/v2/`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/elsewhere']);
    registry.faults.add({}, delay(30));
    const start = performance.now();
    await manifest();
    expect(performance.now() - start).toBeGreaterThan(25);
  });

  it('keep a record of what was asked', async () => {
    await manifest();
    expect(registry.requests).toMatchObject([{ server: 'registry', method: 'GET', path: '/v2/a/manifests/x', status: 200 }]);
  });
});
