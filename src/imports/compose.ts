import type { FieldValue, Registry, RegistryInput } from '../registries/index.ts';
import { withoutUserinfo } from './userinfo.ts';

/** Secrets of the connection, by the names that `Registry.secretsSet` has for them. */
export const clientKey = 'connection.clientKey';
export const clientPassphrase = 'connection.clientPassphrase';
export const proxyPassword = 'connection.proxyPassword';

/** A registry with the values that were kept apart from it: fields by name, and the secrets of its connection. */
export function composeInput<T extends Partial<RegistryInput>>(input: T, values: Readonly<Record<string, FieldValue | null>>): T {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const fields = Object.entries(values).filter(([name]) => !name.startsWith('connection.'));
  const [key, passphrase, password] = [text(clientKey), text(clientPassphrase), text(proxyPassword)];
  const { connection } = input;
  const certificate = connection?.clientCertificate;
  return {
    ...input,
    ...((input.fields || fields.length > 0) && { fields: { ...input.fields, ...Object.fromEntries(fields) } }),
    ...(connection && {
      connection: {
        ...connection,
        ...(certificate && {
          clientCertificate: { ...certificate, ...(key !== undefined && { key }), ...(passphrase !== undefined && { passphrase }) },
        }),
        ...(connection.proxy && password !== undefined && { proxy: withPassword(connection.proxy, password) }),
      },
    }),
  };
}

/**
 * The other way round: takes secrets out of places that hold none. The password of the proxy is kept apart; private keys among
 * certificates are dropped, since none is wanted there.
 */
export function withoutSecretsInside<T extends Partial<RegistryInput>>(input: T): { input: T; values: Record<string, string> } {
  const { connection, url } = input;
  const values: Record<string, string> = {};
  const typed = connection?.proxy;
  const proxy = typed ? URL.parse(typed.includes('://') ? typed : `http://${typed}`) : null;
  if (proxy?.password) {
    values[proxyPassword] = decoded(proxy.password);
    proxy.password = '';
  }
  const certificates = (pem: string) => pem.replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '');
  return {
    values,
    input: {
      ...input,
      // An address with a password is refused; it need not be repeated for that.
      ...(url !== undefined && { url: withoutUserinfo(url) }),
      ...(connection && {
        connection: {
          ...connection,
          ...(connection.ca !== undefined && { ca: certificates(connection.ca) }),
          ...(connection.clientCertificate && {
            clientCertificate: { ...connection.clientCertificate, cert: certificates(connection.clientCertificate.cert) },
          }),
          ...(proxy && { proxy: proxy.href.replace(/\/$/, '') }),
        },
      }),
    },
  };
}

/** A client certificate that is stored already comes without its key, and needs none. */
export function withoutKept(input: RegistryInput, existing: Registry | undefined): RegistryInput {
  const given = input.connection?.clientCertificate;
  const kept = existing?.connection.clientCertificate;
  if (!input.connection || !given || given.key !== undefined || given.cert.trim() !== kept?.cert.trim()) return input;
  const { clientCertificate: _certificate, ...connection } = input.connection;
  return { ...input, connection };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // A per cent sign that was not meant as an escape.
    if (error instanceof URIError) return text;
    throw error;
  }
}

function withPassword(proxy: string, password: string): string {
  const url = URL.parse(proxy);
  if (!url) return proxy;
  url.password = encodeURIComponent(password);
  return url.href;
}
