import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../src/access/index.ts';
import { type Api, type RoutePermission } from '../../src/api/api.ts';
import { authentication } from '../../src/api/plugins/authentication.ts';
import type { Services } from '../../src/api/services.ts';
import type { RegisteredRoute } from '../../src/api/openapi.ts';
import { collectRoutes } from '../../src/api/describe.ts';
import { type Person, startTestHub, type TestHub } from './harness.ts';

const roles = ['viewer', 'operator', 'administrator'] as const;

let test: TestHub;
let routes: { method: string; url: string; permission: RoutePermission }[];
const people: Partial<Record<(typeof roles)[number], Person>> = {};

beforeAll(async () => {
  test = await startTestHub();
  routes = flatten(await collectRoutes());
  for (const role of roles) people[role] = await test.addPerson(`a-${role}`, role);
});
afterAll(() => test.close());

const flatten = (registered: readonly RegisteredRoute[]) =>
  registered.flatMap(({ method, url, config }) =>
    [method]
      .flat()
      .filter((one) => one !== 'HEAD')
      .map((one) => ({ method: one, url, permission: config?.permission ?? ('none' as RoutePermission) })),
  );

/** Sends no body: who is let in is told by validation, or by there being nothing of that name, that they were. */
const attempt = (route: { method: string; url: string }, as?: Person) =>
  test.request({ method: route.method, url: route.url.replaceAll(/:\w+/g, 'no-such-thing'), ...(as && { as }) });

describe('every route', () => {
  it('declares what it asks for, and there are many', () => {
    expect(routes.length).toBeGreaterThan(35);
    expect(routes.filter(({ permission }) => !permission)).toEqual([]);
  });

  it('is closed to nobody in particular, unless it is declared public', async () => {
    for (const route of routes) {
      const { statusCode } = await attempt(route);
      const label = `${route.method} ${route.url} as nobody`;
      if (route.permission === 'public') expect(statusCode, label).not.toBe(401);
      else expect(statusCode, label).toBe(401);
    }
  });

  it.each(roles)('lets a %s do what the role permits, and nothing else', async (role) => {
    for (const route of routes) {
      // The streams of events do not end by themselves, and signing out would end the walk.
      if (route.url.endsWith('/events') || (route.method === 'DELETE' && route.url.endsWith('/session'))) continue;
      const answer = await attempt(route, people[role]);
      const label = `${route.method} ${route.url} as ${role}: ${answer.body}`;
      const { permission } = route;
      if (permission === 'public' || permission === 'authenticated' || permissionsOf(role).has(permission)) {
        expect(answer.statusCode, label).not.toBe(403);
        expect(answer.statusCode, label).not.toBe(500);
      } else {
        expect(answer.statusCode, label).toBe(403);
        expect(answer.json(), label).toMatchObject({ code: 'forbidden' });
      }
    }
  });

  it('cannot be registered without a permission', async () => {
    const app = fastify() as unknown as Api;
    authentication(app, {} as Services, {});
    expect(() => app.get('/forgotten', async () => 'open to all')).toThrow('declares no permission');
  });

  it('is the same in the application as in the document', async () => {
    const document = (await test.request({ url: '/openapi.json' })).json<{
      paths: Record<string, Record<string, { 'x-permission': string }>>;
    }>();
    for (const { method, url, permission } of routes) {
      const path = url.slice('/api/v1'.length).replaceAll(/:(\w+)/g, '{$1}');
      expect(document.paths[path]?.[method.toLowerCase()]?.['x-permission'], `${method} ${url}`).toBe(permission);
    }
  });
});
