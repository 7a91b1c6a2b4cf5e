import type { RegistryClientOptions } from '../client-options.ts';
import { RegistryClient } from '../registry-client.ts';
import { type Handler, serve, TestClock } from './loopback.ts';

/** A client and its server for one piece of work. `seen` lists method and path of each request. */
export async function withServer<T>(
  handler: Handler,
  work: (client: RegistryClient, seen: string[]) => Promise<T>,
  options: Partial<RegistryClientOptions> = {},
): Promise<T> {
  const seen: string[] = [];
  await using server = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    return handler(request, response);
  });
  const client = new RegistryClient({ url: server.url, clock: new TestClock(), ...options });
  try {
    return await work(client, seen);
  } finally {
    await client.close();
  }
}
