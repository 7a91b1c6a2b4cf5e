import { Operations } from './generated/operations.ts';
import { type ClientOptions, Transport } from './transport.ts';

export { ApiError } from './api-error.ts';
export { Operations } from './generated/operations.ts';
export type * from './generated/operations.ts';
export type * from './generated/types.ts';
export { type CallOptions, type ClientOptions, type EditOptions, Transport } from './transport.ts';
export { everyItem } from './every-item.ts';

/** A client of one hub: one method per operation of its API. */
export type Client = Operations;

/**
 * Makes a client for browsers and Node.js alike.
 *
 * @example
 * const hub = createClient({ baseUrl: 'http://127.0.0.1:7330', token: process.env.TAGBOAT_TOKEN });
 * const { items } = await hub.listRegistries({ state: 'failing' });
 * for await (const { event, data } of hub.testRegistry('prod')) if (event === 'step') console.log(data.title, data.state);
 */
export function createClient(options: ClientOptions = {}): Client {
  return new Operations(new Transport(options));
}
