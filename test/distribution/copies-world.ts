import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { copy } from '../../src/api/schemas/copy.ts';
import type { HubConfig } from '../../src/config.ts';
import { type BuiltContent, buildImage, startRegistry, type TestRegistry } from '../../src/testing/index.ts';
import { type Person, startTestHub, type TestHub } from '../api/harness.ts';

/** A copy as the API answers it. */
export type CopyAnswer = z.output<typeof copy>;

/** A hub that makes copies, and the registries `from` and `to`. */
export interface CopiesWorld extends AsyncDisposable {
  test: TestHub;
  from: TestRegistry;
  to: TestRegistry;
  /** Connects a registry; answers its id. */
  connect: (name: string, registry: TestRegistry, input?: object) => Promise<string>;
  /** Asks for copies; by default of `shop/api:1.0` of `from`, as the administrator. */
  start: (body: object, as?: Person) => Promise<CopyAnswer[]>;
  read: (id: string, as?: Person) => Promise<CopyAnswer>;
  /** Waits until a copy is as it should be. */
  until: (id: string, state: (copy: CopyAnswer) => boolean) => Promise<CopyAnswer>;
  ended: (id: string) => Promise<CopyAnswer>;
  post: (path: string, payload?: object, as?: Person) => ReturnType<TestHub['request']>;
}

export const source = { registry: 'from', repository: 'shop/api', reference: '1.0' };

/** An image with layers that cannot be compressed, of so many bytes each. */
export function imageOf(...sizes: number[]): BuiltContent {
  const layers = sizes.map((size, at) => ({ files: { [`layer-${at}`]: randomBytes(size) }, compression: 'none' as const }));
  return buildImage({ layers });
}

export async function startCopiesWorld(config: Partial<HubConfig> = {}, { run = true } = {}): Promise<CopiesWorld> {
  await using opened = new AsyncDisposableStack();
  const from = opened.use(await startRegistry());
  const to = opened.use(await startRegistry());
  const test = opened.adopt(await startTestHub(config), (hub) => hub.close());
  const { administrator } = test;
  const connect: CopiesWorld['connect'] = async (name, registry, input = {}) => {
    const payload = {
      name,
      provider: 'generic',
      url: registry.url,
      signIn: 'anonymous',
      connection: { tls: 'plain' },
      allProjects: true,
      ...input,
    };
    const answer = await test.request({ method: 'POST', url: '/api/v1/registries', as: administrator, payload });
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json<{ id: string }>().id;
  };
  await connect('from', from);
  await connect('to', to);
  if (run) test.hub.start();
  const post: CopiesWorld['post'] = (path, payload, as = administrator) =>
    test.request({ method: 'POST', url: `/api/v1${path}`, as, ...(payload && { payload }) });
  const read: CopiesWorld['read'] = async (id, as = administrator) => {
    const answer = await test.request({ url: `/api/v1/copies/${id}`, as });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    return answer.json<CopyAnswer>();
  };
  const until: CopiesWorld['until'] = async (id, state) => {
    for (const deadline = Date.now() + 20_000; ; ) {
      const now = await read(id);
      if (state(now)) return now;
      if (Date.now() > deadline) throw new Error(`The copy never came there: ${JSON.stringify(now)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const closing = opened.move();
  return {
    test,
    from,
    to,
    connect,
    post,
    read,
    until,
    ended: (id) => until(id, ({ finishedAt }) => finishedAt !== undefined),
    async start(body, as) {
      const answer = await post('/copies', { source, ...body }, as);
      if (answer.statusCode !== 201) throw new Error(answer.body);
      return answer.json<{ items: CopyAnswer[] }>().items;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
