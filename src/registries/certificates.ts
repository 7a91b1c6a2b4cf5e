import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { InvalidSettings } from '../core/errors.ts';
import type { CertificateInfo } from './types.ts';

const most = 100;
const largest = 200_000;

/**
 * Reads one or more PEM certificates and says what they are. Text around the blocks (`openssl s_client` prints some) is
 * left out. At most 100 certificates and 200 000 characters.
 *
 * @param field where the message is shown, e.g. `connection.ca`
 * @throws InvalidSettings when there is nothing to read, a private key was pasted, or a block is damaged.
 */
export function parseCertificates(pem: string, field = 'pem'): CertificateInfo[] {
  return readCertificates(pem, field).map(certificateInfo);
}

/** The same, as node:crypto's objects. */
export function readCertificates(pem: string, field = 'pem'): X509Certificate[] {
  const refuse = (message: string): never => {
    throw new InvalidSettings(message, [{ field, message }]);
  };
  if (pem.trim() === '') refuse('Paste at least one certificate in PEM form (-----BEGIN CERTIFICATE-----).');
  if (pem.length > largest) refuse(`The certificates are longer than ${largest} characters. Paste only the authorities of this registry.`);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    refuse('This is or contains a private key, which belongs to the server alone. Paste certificates only.');
  }
  const blocks = pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) refuse(notPem(pem));
  if (blocks.length > most) refuse(`These are more than ${most} certificates. Paste only the authorities of this registry.`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      const which = blocks.length === 1 ? 'The certificate' : `Certificate ${index + 1} of ${blocks.length}`;
      return refuse(`${which} is damaged: its content cannot be read. Copy it again, whole.`);
    }
  });
}

/** What a certificate says, for people. */
export function certificateInfo(certificate: X509Certificate): CertificateInfo {
  return {
    subject: oneLine(certificate.subject) || '(no subject)',
    issuer: oneLine(certificate.issuer) || '(no issuer)',
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    fingerprint: certificate.fingerprint256,
    names: alternativeNames(certificate),
    isAuthority: certificate.ca,
  };
}

/** The PEM of the certificates, without what stood around them. */
export function canonicalPem(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => certificate.toString().trim()).join('\n');
}

/**
 * Checks a client certificate and its key: both readable, and made for each other.
 *
 * @throws InvalidSettings at `connection.clientCertificate.cert`, `.key` or `.passphrase`.
 */
export function checkClientCertificate(pair: { cert: string; key: string; passphrase?: string }): CertificateInfo[] {
  const certificates = readCertificates(pair.cert, 'connection.clientCertificate.cert');
  const key = readKey(pair.key, pair.passphrase);
  const [leaf] = certificates;
  if (leaf && !leaf.checkPrivateKey(key)) {
    const message = 'The key does not belong to this client certificate. The first certificate has to be the client’s own.';
    throw new InvalidSettings(message, [{ field: 'connection.clientCertificate.key', message }]);
  }
  return certificates.map(certificateInfo);
}

function readKey(pem: string, passphrase: string | undefined): KeyObject {
  const refuse = (field: 'key' | 'passphrase', message: string): never => {
    throw new InvalidSettings(message, [{ field: `connection.clientCertificate.${field}`, message }]);
  };
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    refuse('key', 'This is not a private key in PEM form (-----BEGIN PRIVATE KEY-----).');
  }
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    // The cause is left out on purpose: OpenSSL's messages may quote the input.
    if (/ENCRYPTED/.test(pem)) {
      return refuse('passphrase', passphrase ? 'The passphrase does not open this key.' : 'The key is encrypted: enter its passphrase.');
    }
    return refuse('key', 'The key cannot be read. Copy it again, whole.');
  }
}

function notPem(text: string): string {
  if (text.startsWith('0\u0082') || text.startsWith('0\ufffd') || text.includes('\u0000')) {
    return 'This is a certificate in binary form (DER). Convert it: openssl x509 -inform der -in ca.der -out ca.pem';
  }
  if (/^\s*MII[A-Za-z0-9+/=\s]+$/.test(text)) {
    return 'The lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE----- are missing around this text.';
  }
  if (/-----BEGIN CERTIFICATE-----/.test(text)) return 'The certificate has no end (-----END CERTIFICATE-----). Copy it again, whole.';
  if (/-----BEGIN PKCS7-----/.test(text)) {
    return 'This is a PKCS #7 bundle. Convert it: openssl pkcs7 -print_certs -in bundle.p7b -out ca.pem';
  }
  return 'No certificate in PEM form (-----BEGIN CERTIFICATE-----) was found in this text.';
}

/** Node writes one attribute a line, least specific first; people read the common name first. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').filter(Boolean).reverse().join(', ');
}

function alternativeNames(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .map((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1])
    .filter((name) => name !== undefined)
    .slice(0, 200);
}
