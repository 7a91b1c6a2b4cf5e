import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';
import { temporaryDirectory } from './temporary.ts';

/** PEM texts of a certificate and its key. */
export interface KeyPair {
  cert: string;
  key: string;
}

export interface CertificateInput {
  /** Common name. Default: the first of the names. */
  commonName?: string;
  /** Subject alternative names: DNS names, or addresses. Default `localhost`, `127.0.0.1`, `::1`. */
  names?: readonly string[];
  /** Days of validity, counted from now; a negative number makes a certificate that ended so many days ago. Default 30. */
  days?: number;
  /** Days until it becomes valid. Default 0. */
  startsIn?: number;
  /** Extended key usage. Default `server`. */
  usage?: 'server' | 'client';
}

export interface CertificateAuthority extends KeyPair {
  issue(input?: CertificateInput): Promise<KeyPair>;
}

const day = 24 * 3600 * 1000;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority of its own, made with the `openssl` program. */
export async function createAuthority(commonName = 'Tagboat Test CA'): Promise<CertificateAuthority> {
  await using directory = await temporaryDirectory('tagboat-ca');
  const at = (name: string) => join(directory.path, name);
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await run('openssl', [
    'req',
    '-x509',
    ...newKey,
    '-days',
    '3650',
    '-subj',
    `/CN=${commonName}`,
    ...extensions,
    '-keyout',
    at('key'),
    '-out',
    at('cert'),
  ]);
  const authority = await readPair(directory.path);
  return { ...authority, issue: (input = {}) => issue(authority, input) };
}

/** A certificate that nobody but itself vouches for. */
export async function createSelfSigned(names: readonly string[] = ['localhost', '127.0.0.1']): Promise<KeyPair> {
  await using directory = await temporaryDirectory('tagboat-certificate');
  const at = (name: string) => join(directory.path, name);
  const subject = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternativeNames(names)}`];
  await run('openssl', ['req', '-x509', ...newKey, '-days', '30', ...subject, '-keyout', at('key'), '-out', at('cert')]);
  return readPair(directory.path);
}

async function issue(authority: KeyPair, input: CertificateInput): Promise<KeyPair> {
  const names = input.names ?? ['localhost', '127.0.0.1', '::1'];
  await using directory = await temporaryDirectory('tagboat-certificate');
  const at = (name: string) => join(directory.path, name);
  const commonName = input.commonName ?? names[0] ?? 'test';
  await run('openssl', ['req', ...newKey, '-subj', `/CN=${commonName}`, '-keyout', at('key'), '-out', at('request')]);
  const starts = Date.now() + (input.startsIn ?? 0) * day - 3600 * 1000;
  const days = input.days ?? 30;
  const ends = Date.now() + days * day;
  // `openssl x509` of Debian 12 cannot set a start; `openssl ca` can, and needs a little database for it.
  const config = [
    '[ca]\ndefault_ca=test\n[test]',
    `database=${at('index')}\nserial=${at('serial')}\nnew_certs_dir=${directory.path}\npolicy=any\ndefault_md=sha256`,
    '[any]\ncommonName=supplied\n[extensions]\nbasicConstraints=critical,CA:FALSE',
    `extendedKeyUsage=${input.usage ?? 'server'}Auth\nsubjectAltName=${alternativeNames(names)}\n`,
  ].join('\n');
  await Promise.all([
    writeFile(at('config'), config),
    writeFile(at('index'), ''),
    writeFile(
      at('serial'),
      Math.floor(Math.random() * 2 ** 40)
        .toString(16)
        .padStart(12, '0'),
    ),
    writeFile(at('ca-cert'), authority.cert),
    writeFile(at('ca-key'), authority.key, { mode: 0o600 }),
  ]);
  const dates = ['-startdate', asn1Time(days < 0 ? ends - 30 * day : starts), '-enddate', asn1Time(ends)];
  const signer = ['-cert', at('ca-cert'), '-keyfile', at('ca-key')];
  await run('openssl', [
    'ca',
    '-batch',
    '-notext',
    '-config',
    at('config'),
    '-extensions',
    'extensions',
    ...dates,
    ...signer,
    '-in',
    at('request'),
    '-out',
    at('cert'),
  ]);
  return readPair(directory.path);
}

async function readPair(directory: string): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readFile(join(directory, 'cert'), 'utf8'), readFile(join(directory, 'key'), 'utf8')]);
  return { cert, key };
}

function alternativeNames(names: readonly string[]): string {
  return names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
}

/** `YYYYMMDDhhmmssZ` */
function asn1Time(time: number): string {
  return `${new Date(time).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}
