import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { HubConfig } from '../../src/config.ts';
import { ApiError, type Client, type Problem, type Registry, type RegistryInput } from '../../src/sdk/index.ts';
import { type RunningHub, type ServeParts, startHub } from '../../src/serve.ts';
import { setUpHub } from '../support/hub-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A secret that shows wherever it should not be. */
export const password = 'hunter2-Very$ecret';

interface RawRequest {
  method?: string;
  body?: string;
  headers?: Readonly<Record<string, string>>;
}

/** A hub that listens, in this process, set up, with its log caught at debug level. */
export interface FaultHub {
  api: Client;
  url: string;
  token: string;
  running: RunningHub;
  dataDir: string;
  log: () => string;
  /** Connects a registry over plain HTTP, with user `ci` and the secret password unless told to sign in another way. */
  connect(url: string, input?: Partial<RegistryInput>): Promise<Registry>;
  /** A request as it stands, with the token. */
  raw(path: string, init?: RawRequest): Promise<{ status: number; problem: Problem; body: string; headers: Headers }>;
  /** Expects that what was entered stands in no log, no file and not in these texts. */
  expectNoSecret(...texts: unknown[]): Promise<void>;
  close(): Promise<void>;
}

export async function startFaultHub(parts: ServeParts = {}, config: Partial<HubConfig> = {}): Promise<FaultHub> {
  const directory = await temporaryDirectory('tagboat-fault');
  let log = '';
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    log += String(text);
    return true;
  });
  const running = await startHub({ dataDir: directory.path, port: 0, backgroundChecks: false, logLevel: 'debug', ...config }, parts);
  const { hub: api, token } = await setUpHub({ url: running.url, setupLink: running.setupUrl });
  let count = 0;
  return {
    api,
    url: running.url,
    token,
    running,
    dataDir: directory.path,
    log: () => log,
    connect: (url, input = {}) =>
      api.createRegistry({
        name: `registry-${++count}`,
        provider: 'generic',
        url,
        connection: { tls: 'plain' },
        ...(input.signIn === 'anonymous' ? {} : { signIn: 'password', fields: { username: 'ci', password } }),
        ...input,
      }),
    async raw(path, init = {}) {
      const response = await fetch(`${running.url}${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${token}`,
          ...(init.body !== undefined && { 'content-type': 'application/json' }),
          ...init.headers,
        },
      });
      const body = await response.text();
      const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
      return { status: response.status, problem: (isProblem ? JSON.parse(body) : {}) as Problem, body, headers: response.headers };
    },
    async expectNoSecret(...texts) {
      const files = await readdir(directory.path);
      const stored = await Promise.all(files.map((file) => readFile(join(directory.path, file), 'latin1')));
      const forms = [password, Buffer.from(`ci:${password}`).toString('base64')];
      for (const text of [log, ...stored, ...texts.map((one) => JSON.stringify(one) ?? '')]) {
        for (const form of forms) expect(text.includes(form), 'the secret shows').toBe(false);
      }
    },
    async close() {
      await running.close();
      spy.mockRestore();
      await directory.remove();
    },
  };
}

// oxlint-disable-next-line no-control-regex -- control characters are the subject
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/;

/** The problem that a call fails with. Its words are fit for any screen, and of a size that one can read. */
export async function problemOf(call: Promise<unknown>): Promise<Problem> {
  const error = await call.then(
    (value) => expect.fail(`It was answered: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw error;
  expectReadable(error.problem.detail);
  expect(error.problem.requestId).toBeTruthy();
  expect(error.problem.help).toBeTruthy();
  return error.problem;
}

export function expectReadable(text: string): void {
  expect(text).not.toMatch(unprintable);
  expect(text.length).toBeGreaterThan(10);
  expect(text.length).toBeLessThan(4000);
}
