import { request as send } from 'node:http';
import { isIP } from 'node:net';
import { CredentialError, TransportError } from '../../core/errors.ts';
import type { ProviderHttp, ProviderRequest, ProviderResponse } from '../http.ts';

const maxBytes = 64 * 1024;
const timeout = 5000;

/**
 * Asks the metadata service of the machine that the hub runs on. Separate from the registry's own connection on purpose: the address
 * guard keeps everybody else away from these addresses, and this reaches nothing else. Plain HTTP, no proxy, no redirects, no names:
 * link-local addresses (RFC 3927, RFC 4291), Alibaba's own, and loopback, where sidecars and App Service answer.
 */
export const metadataHttp: ProviderHttp = {
  async send(target: URL | string, request: ProviderRequest = {}): Promise<ProviderResponse> {
    const url = new URL(target);
    if (url.protocol !== 'http:' || !isLocal(url.hostname)) {
      throw new CredentialError(`Metadata services are at link-local or loopback addresses; ${url.host} is neither.`, {
        code: 'credential_unavailable',
      });
    }
    request.signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        reject(request.signal?.aborted ? (request.signal.reason as Error) : unreachable(url, error));
      };
      const signal = AbortSignal.any([AbortSignal.timeout(request.timeout ?? timeout), ...(request.signal ? [request.signal] : [])]);
      const outgoing = send(url, { method: request.method ?? 'GET', headers: request.headers, agent: false, signal }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.byteLength;
          if (size > maxBytes) response.destroy(new Error('its answer is too large'));
          else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () => {
          const headers: Record<string, string> = {};
          for (const [name, value] of Object.entries(response.headers))
            if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
          resolve({ status: response.statusCode ?? 0, headers, text: Buffer.concat(chunks).toString('utf8') });
        });
      });
      outgoing.on('error', fail);
      outgoing.end(request.body);
    });
  },
};

function isLocal(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  // Alibaba Cloud has its metadata service at an address of its own, in the shared range of RFC 6598.
  if (isIP(host) === 4) return host.startsWith('169.254.') || host.startsWith('127.') || host === '100.100.100.200';
  if (isIP(host) === 6) return host === '::1' || /^fe[89ab][0-9a-f]:/.test(host);
  return host === 'localhost';
}

function unreachable(url: URL, cause: Error): TransportError {
  return new TransportError(`The metadata service at ${url.host} did not answer: this machine seems to have no identity of that cloud.`, {
    code: 'connection_refused',
    cause,
    context: { metadata: true },
  });
}
