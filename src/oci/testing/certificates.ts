import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  cert: string;
  key: string;
}

export interface Certificates {
  /** PEM of the authority that issued all but `selfSigned`. */
  ca: string;
  /** For localhost and 127.0.0.1. */
  server: KeyPair;
  otherName: KeyPair;
  expired: KeyPair;
  notYetValid: KeyPair;
  selfSigned: KeyPair;
  client: KeyPair;
}

const names = 'DNS:localhost,DNS:registry.test,IP:127.0.0.1';

/** Makes certificates with the openssl program in a directory that is removed again. */
export function createCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'oci-certificates-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  const newKey = (name: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  try {
    writeFileSync(join(directory, 'index.txt'), '');
    writeFileSync(join(directory, 'serial'), '1000\n');
    writeFileSync(
      join(directory, 'ca.cnf'),
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n',
    );
    newKey('ca');
    openssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=Test Authority', '-days', '3650', '-out', 'ca.pem');
    const issue = (name: string, altNames: string, from = '20200101000000Z', to = '20491231235959Z'): KeyPair => {
      newKey(name);
      openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${altNames}`, '-out', `${name}.csr`);
      openssl(
        'ca',
        '-batch',
        '-notext',
        '-config',
        'ca.cnf',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
        '-startdate',
        from,
        '-enddate',
        to,
        '-in',
        `${name}.csr`,
        '-out',
        `${name}.pem`,
      );
      return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
    };
    newKey('self');
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      'self.key',
      '-subj',
      '/CN=localhost',
      '-addext',
      `subjectAltName=${names}`,
      '-days',
      '3650',
      '-out',
      'self.pem',
    );
    return {
      ca: read('ca.pem'),
      server: issue('server', names),
      otherName: issue('other', 'DNS:elsewhere.test'),
      expired: issue('expired', names, '20200101000000Z', '20200201000000Z'),
      notYetValid: issue('future', names, '20480101000000Z', '20491231235959Z'),
      selfSigned: { cert: read('self.pem'), key: read('self.key') },
      client: issue('client', 'DNS:client.test'),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
