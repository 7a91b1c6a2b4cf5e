import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callApi, retryAfterOf } from './api.ts';
import type { ProviderHttp, ProviderResponse } from './http.ts';
import { pages } from './paging.ts';

const now = Date.UTC(2026, 0, 1);
const url = new URL('https://api.example.com/v1/things?secret=hush');
const answering = (response: Partial<ProviderResponse>): ProviderHttp => ({
  send: async () => ({ status: 200, headers: {}, text: '', ...response }),
});
const call = (response: Partial<ProviderResponse>) =>
  callApi(answering(response), url, z.object({ name: z.string() }), { service: 'Acme', now }).catch((error: unknown) => error);

describe('callApi', () => {
  it('reads what the schema names and leaves the rest', async () => {
    expect(await call({ text: '{"name":"a","more":1}', headers: { 'x-total': '1' } })).toEqual({
      data: { name: 'a' },
      headers: { 'x-total': '1' },
    });
  });

  it.each([
    [401, 'registry_unauthorized', 'never'],
    [403, 'registry_denied', 'never'],
    [404, 'registry_not_found', 'never'],
    [429, 'registry_rate_limited', 'backoff'],
    [503, 'registry_unavailable', 'backoff'],
    [418, 'registry_unexpected_status', 'never'],
    [302, 'registry_unexpected_status', 'never'],
  ])('makes of status %i the error %s', async (status, code, retry) => {
    expect(await call({ status })).toMatchObject({ name: 'RegistryError', code, status, retry });
  });

  it('says what the service said, in one short line, and no query', async () => {
    const error = (await call({
      status: 403,
      text: JSON.stringify({ errors: [{ code: 'X', message: `not\nallowed.\u0007 ${'x'.repeat(1000)}` }] }),
    })) as Error;
    expect(error.message).toMatch(/^Acme \(api\.example\.com\) answered GET \/v1\/things with 403: not allowed\. x+….$/);
    expect(error.message.length).toBeLessThan(420);
    expect(JSON.stringify(error)).not.toContain('hush');
  });

  it('refuses web pages, other text and other shapes without quoting them', async () => {
    expect(await call({ text: '<!doctype html><p>token=hush' })).toMatchObject({
      code: 'invalid_answer',
      message: expect.stringContaining('a web page'),
    });
    expect(await call({ text: 'hush' })).toMatchObject({ code: 'invalid_answer', message: expect.not.stringContaining('hush') });
    expect(await call({ text: '{"name":{"hush":1}}' })).toMatchObject({
      code: 'invalid_answer',
      message: expect.stringContaining('“name”'),
    });
  });
});

describe('retryAfterOf', () => {
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': new Date(now + 9000).toUTCString() }, 9000],
    [{ 'retry-after': new Date(now - 9000).toUTCString() }, 0],
    [{ 'x-retry-after': String(now / 1000 + 5) }, 5000],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('reads %j', (headers: Record<string, string>, expected) => {
    expect(retryAfterOf(headers, now)).toBe(expected);
  });
});

describe('pages', () => {
  const options = { service: 'Acme', url };
  it('goes on to the page without a cursor', async () => {
    const walk = pages(
      async (cursor: number | undefined) => ({ page: cursor ?? 0, next: (cursor ?? 0) < 3 ? (cursor ?? 0) + 1 : undefined }),
      options,
    );
    expect(await Array.fromAsync(walk)).toEqual([0, 1, 2, 3]);
  });

  it('takes a listing that goes in circles for an error, not for its end', async () => {
    const walk = pages(async () => ({ page: 1, next: 'again' }), options);
    await expect(Array.fromAsync(walk)).rejects.toMatchObject({ code: 'pagination_endless' });
  });

  it('takes a listing without end for an error', async () => {
    const walk = pages(async (cursor: number | undefined) => ({ page: 1, next: (cursor ?? 0) + 1 }), { ...options, maxPages: 5 });
    await expect(Array.fromAsync(walk)).rejects.toMatchObject({ code: 'pagination_endless', message: expect.stringContaining('5 pages') });
  });

  it('stops between pages when cancelled', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const walk = pages(async (cursor: number | undefined) => ({ page: cursor ?? 0, next: (cursor ?? 0) + 1 }), {
      ...options,
      signal: controller.signal,
    });
    await expect(
      (async () => {
        for await (const page of walk) {
          seen.push(page);
          if (page === 2) controller.abort();
        }
      })(),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([0, 1, 2]);
  });
});
