import { type FieldError, InvalidSettings } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { TlsMode } from '../oci/index.ts';
import { canonicalPem, certificateInfo, checkClientCertificate, readCertificates } from './certificates.ts';
import { clientKeySecret, clientPassphraseSecret, proxyPasswordSecret } from './draft.ts';
import { parseProxy } from './proxy.ts';
import type { ConnectionInput, RegistryConnection, SecretValue } from './types.ts';

export interface StoredConnection {
  connection: RegistryConnection;
  secrets: Readonly<Record<string, SecretValue>>;
}

export interface ConnectionOutput {
  connection: RegistryConnection;
  /** The connection's secrets only, by their names in `secrets`. */
  secrets: Record<string, SecretValue>;
  errors: FieldError[];
}

/**
 * Checks how a registry is reached. Absent members keep what is stored.
 *
 * @param reveal opens a secret, to check a new certificate against a stored key
 */
export function checkConnection(
  input: ConnectionInput,
  tls: TlsMode,
  stored: StoredConnection | undefined,
  reveal: (name: string, value: SecretValue) => Secret<string>,
): ConnectionOutput {
  const output: ConnectionOutput = {
    connection: { tls, caCertificates: [], proxyHasPassword: false },
    secrets: {},
    errors: [],
  };
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof InvalidSettings)) throw error;
      output.errors.push(...error.fields);
    }
  };
  attempt(() => takeCa(input, tls, stored, output));
  attempt(() => takeClientCertificate(input, stored, output, reveal));
  attempt(() => takeProxy(input, stored, output));
  const rate = input.requestsPerSecond === undefined ? stored?.connection.requestsPerSecond : (input.requestsPerSecond ?? undefined);
  if (rate !== undefined) output.connection.requestsPerSecond = rate;
  return output;
}

function takeCa(input: ConnectionInput, tls: TlsMode, stored: StoredConnection | undefined, output: ConnectionOutput): void {
  const pem = input.ca ?? stored?.connection.ca ?? '';
  if (pem.trim() === '') {
    if (tls !== 'ca') return;
    const message = 'Paste or upload the CA certificate in PEM form, or choose another TLS mode.';
    throw new InvalidSettings(message, [{ field: 'connection.ca', message }]);
  }
  const certificates = readCertificates(pem, 'connection.ca');
  output.connection.ca = canonicalPem(certificates);
  output.connection.caCertificates = certificates.map(certificateInfo);
}

function takeClientCertificate(
  input: ConnectionInput,
  stored: StoredConnection | undefined,
  output: ConnectionOutput,
  reveal: (name: string, value: SecretValue) => Secret<string>,
): void {
  const given = input.clientCertificate;
  if (given === null) return;
  const keptKey = stored?.secrets[clientKeySecret];
  const keptPassphrase = stored?.secrets[clientPassphraseSecret];
  if (given === undefined) {
    if (!stored?.connection.clientCertificate) return;
    output.connection.clientCertificate = stored.connection.clientCertificate;
    if (keptKey) output.secrets[clientKeySecret] = keptKey;
    if (keptPassphrase) output.secrets[clientPassphraseSecret] = keptPassphrase;
    return;
  }
  const keeps = !given.key?.trim();
  const key: SecretValue | undefined = keeps ? keptKey : { fresh: new Secret(given.key ?? '') };
  if (!key) {
    const message = 'Paste the private key that belongs to the client certificate.';
    throw new InvalidSettings(message, [{ field: 'connection.clientCertificate.key', message }]);
  }
  const passphrase: SecretValue | undefined = given.passphrase
    ? { fresh: new Secret(given.passphrase) }
    : keeps
      ? keptPassphrase
      : undefined;
  const info = checkClientCertificate({
    cert: given.cert,
    key: reveal(clientKeySecret, key).reveal(),
    ...(passphrase && { passphrase: reveal(clientPassphraseSecret, passphrase).reveal() }),
  });
  const cert = canonicalPem(readCertificates(given.cert, 'connection.clientCertificate.cert'));
  output.connection.clientCertificate = { cert, info, hasKey: true };
  output.secrets[clientKeySecret] = key;
  if (passphrase) output.secrets[clientPassphraseSecret] = passphrase;
}

function takeProxy(input: ConnectionInput, stored: StoredConnection | undefined, output: ConnectionOutput): void {
  const kept = stored?.secrets[proxyPasswordSecret];
  if (input.proxy === undefined) {
    if (stored?.connection.proxy === undefined) return;
    output.connection.proxy = stored.connection.proxy;
    output.connection.proxyHasPassword = stored.connection.proxyHasPassword;
    if (kept) output.secrets[proxyPasswordSecret] = kept;
    return;
  }
  if (input.proxy.trim() === '') return;
  const { proxy, password } = parseProxy(input.proxy);
  output.connection.proxy = proxy;
  // The text tells user, host and port: only for exactly those was the stored password entered.
  const secret: SecretValue | undefined =
    password === undefined ? (stored?.connection.proxy === proxy ? kept : undefined) : { fresh: new Secret(password) };
  if (secret) {
    output.connection.proxyHasPassword = true;
    output.secrets[proxyPasswordSecret] = secret;
  }
}
