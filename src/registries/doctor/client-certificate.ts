import { TransportError } from '../../core/errors.ts';
import type { Examination } from './examination.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { pingRequest } from './socket.ts';
import { connectForAlert } from './tls-probe.ts';

/** Alerts by which a server says that it wants a client certificate, or another one (RFC 8446, section 6.2). */
const aboutCertificate =
  /ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|UNKNOWN_CA|ACCESS_DENIED)/;

/**
 * The error for a server that hung up because of the client certificate. In TLS 1.3 it says so only after the handshake,
 * when an HTTP client has already taken the hang-up for a broken connection.
 */
export async function clientCertificateError(examination: Examination, cause: unknown): Promise<TransportError | undefined> {
  const { subject, signal, timeouts } = examination;
  const { url, connection } = subject.configuration;
  const hungUp = cause instanceof TransportError && ['connection_reset', 'tls_handshake_failed', 'invalid_answer'].includes(cause.code);
  if (!hungUp || connection.tls === 'plain') return undefined;
  const socket = await openTunnel(examination).catch(() => undefined);
  signal.throwIfAborted();
  if (!socket) return undefined;
  const limits = { timeout: Math.min(timeouts.connect, 3000), signal };
  const alert = await connectForAlert(socket, url, subject.client.tls ?? { mode: connection.tls }, pingRequest(url), limits);
  signal.throwIfAborted();
  if (alert === undefined || !aboutCertificate.test(alert)) return undefined;
  const presented = connection.clientCertificate !== undefined;
  return new TransportError(
    presented
      ? `${url.host} does not accept the client certificate that was presented.`
      : `${url.host} asks for a client certificate, and none is configured.`,
    { code: 'tls_client_certificate_required', retry: 'after-change', cause },
  );
}
