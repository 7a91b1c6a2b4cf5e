import { isRsaKey } from '../signing/jwt.ts';

/** What is used of a service account key. Everything else in the file is ignored: it may come from anybody. */
export interface ServiceAccountKey {
  clientEmail: string;
  privateKey: string;
  keyId?: string;
  projectId?: string;
}

/** Token servers that Google writes into keys. Keys that name another are refused, and none of these is read from the key. */
const tokenUris = new Set([
  'https://oauth2.googleapis.com/token',
  'https://accounts.google.com/o/oauth2/token',
  'https://www.googleapis.com/oauth2/v4/token',
]);

const wrongTypes: Readonly<Record<string, string>> = {
  authorized_user: 'This is a person’s own login of gcloud, not the key of a service account.',
  external_account: 'This is a configuration of workload identity federation, not a key. Choose that way of signing in.',
  impersonated_service_account: 'This is a configuration of impersonation, not the key of a service account.',
};

/** A key that cannot be used, in words for the person who pasted it. Holds nothing of the key. */
export class KeyFault extends Error {}

/**
 * Reads a service account key as people paste it: as it is, with line ends put into its strings by an editor, in quotes, encoded as a
 * string once or twice, in base64, or with the user name that Docker wants (`_json_key:…`) before it.
 *
 * @throws KeyFault
 */
export function readKey(pasted: string): ServiceAccountKey {
  const json = unwrap(pasted);
  const { type, client_email: clientEmail, private_key: written, private_key_id: keyId, project_id: projectId } = json;
  if ('installed' in json || 'web' in json) throw new KeyFault('This is an OAuth client’s secret, not the key of a service account.');
  if (type !== 'service_account')
    throw new KeyFault(wrongTypes[String(type)] ?? 'This is JSON, but not the key of a service account: its “type” is another.');
  if (typeof clientEmail !== 'string' || !/^[^\s@]{1,200}@[a-z0-9.-]{1,200}$/i.test(clientEmail))
    throw new KeyFault('The key lacks its “client_email”; download it again.');
  const tokenUri = json['token_uri'];
  if (tokenUri !== undefined && !(typeof tokenUri === 'string' && tokenUris.has(tokenUri)))
    throw new KeyFault('This key names a token server that is not Google’s. It was tampered with, or is of another cloud; it is not used.');
  const universe = json['universe_domain'];
  if (universe !== undefined && universe !== 'googleapis.com')
    throw new KeyFault('This key is of another universe than googleapis.com, which is not supported.');
  const privateKey = typeof written === 'string' ? written.replaceAll('\\n', '\n') : '';
  if (!isRsaKey(privateKey)) throw new KeyFault('The private key inside is damaged or cut off; download the key again.');
  return {
    clientEmail,
    privateKey,
    ...(typeof keyId === 'string' && /^[\w-]{1,128}$/.test(keyId) && { keyId }),
    ...(typeof projectId === 'string' && /^[a-z0-9.:-]{1,100}$/.test(projectId) && { projectId }),
  };
}

function unwrap(pasted: string): Record<string, unknown> {
  let text = pasted.trim().replace(/^_json_key(?:_base64)?:/, '');
  for (let round = 0; round < 5; round++) {
    text = text.trim();
    const value = parse(text) ?? parse(joinStrings(text)) ?? (/^\{(?:\s|\\[nrt])*\\"/.test(text) ? parse(`"${text}"`) : undefined);
    if (typeof value === 'object') return value;
    if (typeof value === 'string') text = value;
    else if (/^(['"`])[^]*\1$/.test(text)) text = text.slice(1, -1);
    else if (/^[A-Za-z0-9+/_\s-]+={0,2}\s*$/.test(text) && !text.startsWith('-----')) text = decode(text);
    else break;
  }
  if (text.startsWith('-----BEGIN')) throw new KeyFault('This is the private key alone. Paste the whole JSON file.');
  if (text.startsWith('{')) {
    throw new KeyFault(text.endsWith('}') ? 'This is not valid JSON; download the key again.' : 'The key is cut off: its end is missing.');
  }
  throw new KeyFault('This is no JSON key. Paste the whole file, from the first { to the last }, or its base64.');
}

function parse(text: string): Record<string, unknown> | string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return value;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Line ends inside strings, which JSON does not allow, written as it wants them. */
function joinStrings(text: string): string {
  let result = '';
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (inside && character === '\\') {
      result += character + (text[++at] ?? '');
      continue;
    }
    if (character === '"') inside = !inside;
    if (inside && character === '\r') continue;
    result += inside && character === '\n' ? '\\n' : character;
  }
  return result;
}

function decode(text: string): string {
  const decoded = Buffer.from(text.replace(/\s+/g, ''), 'base64').toString('utf8').trim();
  if (/^[{"'`\w]/.test(decoded) && !decoded.includes('\ufffd')) return decoded;
  throw new KeyFault('This is no JSON key. Paste the whole file, from the first { to the last }, or its base64.');
}
