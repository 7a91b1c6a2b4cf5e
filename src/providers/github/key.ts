import { isRsaKey } from '../../provider/signing/jwt.ts';

/**
 * The private key of a GitHub App as people paste it: PEM, its line ends written as `\n` or lost, in quotes, or in base64. Undefined when
 * there is no RSA key in it.
 */
export function readAppKey(pasted: string): string | undefined {
  let text = pasted.trim().replace(/^(["'])([^]*)\1$/, '$2');
  if (!text.includes('-----BEGIN') && /^[A-Za-z0-9+/_=\s-]+$/.test(text)) text = Buffer.from(text, 'base64').toString('utf8').trim();
  const [, label, body] = /^-----BEGIN ((?:RSA )?PRIVATE KEY)-----([^-]+)-----END \1-----$/.exec(text.replaceAll('\\n', '\n').trim()) ?? [];
  if (label === undefined || body === undefined) return undefined;
  const lines = body.replace(/\s+/g, '').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
  return isRsaKey(pem) ? pem : undefined;
}
