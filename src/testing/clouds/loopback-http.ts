import { Agent, request as send } from 'undici';
import type { ProviderHttp, ProviderRequest, ProviderResponse } from '../../provider/http.ts';

/**
 * Calls of providers in tests: plain, without retries, and to the loopback interface only. Any other host is refused before
 * a name is looked up or a packet sent, so that a test which forgets to point a provider at its fake fails at once.
 */
export class LoopbackHttp implements ProviderHttp {
  readonly #agent = new Agent({ connect: { timeout: 2000 } });
  /** Everything that was asked for, `METHOD url`, also what was refused. */
  readonly requests: string[] = [];

  async send(url: URL | string, { method = 'GET', headers, body, signal }: ProviderRequest = {}): Promise<ProviderResponse> {
    const target = new URL(url);
    this.requests.push(`${method} ${target.href}`);
    if (target.hostname !== '127.0.0.1' && target.hostname !== '[::1]')
      throw new Error(`A test wanted to send to ${target.host}, which is not loopback`);
    const response = await send(target, { method, headers, body, signal, dispatcher: this.#agent });
    const flat: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers))
      if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
    return { status: response.statusCode, headers: flat, text: await response.body.text() };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
