import type { z } from 'zod';
import type { syncRule, syncRun } from '../../src/api/schemas/sync.ts';
import type { HubConfig } from '../../src/config.ts';
import type { Person } from '../api/harness.ts';
import { type CopiesWorld, startCopiesWorld } from './copies-world.ts';

export type RuleAnswer = z.output<typeof syncRule>;
export type RunAnswer = z.output<typeof syncRun>;

/** A hub with the registries `from` and `to`, which runs sync rules. */
export interface SyncRulesWorld extends AsyncDisposable {
  world: CopiesWorld;
  call: (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    payload?: object,
    as?: Person,
    version?: number,
  ) => ReturnType<CopiesWorld['post']>;
  /** Makes a rule from `from` to `to`; what is given is laid over it. */
  make: (name: string, spec?: object, rest?: object) => Promise<RuleAnswer>;
  rule: (idOrName: string) => Promise<RuleAnswer>;
  /** Starts a plan or run and waits for its end. */
  ended: (idOrName: string, kind: 'plan' | 'run') => Promise<RunAnswer>;
  start: (idOrName: string, kind: 'plan' | 'run') => Promise<RunAnswer>;
  until: (runId: string, state: (run: RunAnswer) => boolean) => Promise<RunAnswer>;
  runs: (idOrName: string) => Promise<RunAnswer[]>;
}

export const spec = (more: object = {}) => ({
  source: { registry: 'from', repositories: ['shop/*'] },
  destination: { registry: 'to', repository: 'mirror/{repository}' },
  ...more,
});

export async function startSyncRulesWorld(config: Partial<HubConfig> = {}, options: { run?: boolean } = {}): Promise<SyncRulesWorld> {
  const world = await startCopiesWorld(config, options);
  const { test } = world;
  const call: SyncRulesWorld['call'] = (method, path, payload, as = test.administrator, version) =>
    test.request({
      method,
      url: `/api/v1${path}`,
      as,
      ...(payload && { payload }),
      ...(version !== undefined && { headers: { 'if-match': `"${version}"` } }),
    });
  const answered = async <T>(status: number, asked: ReturnType<SyncRulesWorld['call']>): Promise<T> => {
    const answer = await asked;
    if (answer.statusCode !== status) throw new Error(answer.body);
    return answer.json<T>();
  };
  const until: SyncRulesWorld['until'] = async (id, state) => {
    for (const deadline = Date.now() + 20_000; ; ) {
      const now = await answered<RunAnswer>(200, call('GET', `/sync-runs/${id}`));
      if (state(now)) return now;
      if (Date.now() > deadline) throw new Error(`The run never came there: ${JSON.stringify(now).slice(0, 1000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const start: SyncRulesWorld['start'] = (rule, kind) => answered(202, call('POST', `/sync-rules/${rule}/runs`, { kind, unseen: true }));
  return {
    world,
    call,
    until,
    start,
    make: (name, more, rest) => answered(201, call('POST', '/sync-rules', { name, spec: spec(more), ...rest })),
    rule: (idOrName) => answered(200, call('GET', `/sync-rules/${idOrName}`)),
    ended: async (rule, kind) => until((await start(rule, kind)).id, ({ finishedAt }) => finishedAt !== undefined),
    runs: async (rule) => (await answered<{ items: RunAnswer[] }>(200, call('GET', `/sync-rules/${rule}/runs`))).items,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
