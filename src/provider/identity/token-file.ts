import { open } from 'node:fs/promises';
import { CredentialError } from '../../core/errors.ts';

/** Variable of the hub's environment that names a file with this machine's identity token, e.g. a projected service account token. */
export const identityTokenFile = 'TAGBOAT_IDENTITY_TOKEN_FILE';

const maxTokenBytes = 64 * 1024;

/**
 * A token from a file that a variable of the hub's environment names. Read anew each time: whoever mounts it replaces it before it ends.
 *
 * @throws CredentialError `credential_unavailable`
 */
export async function readTokenFile(variable: string): Promise<string> {
  const path = process.env[variable];
  if (!path) throw unavailable(`This hub has no identity token: ${variable} is not set in its environment.`);
  return readFileBounded(path, `The file that ${variable} names`);
}

/** A small text file, without white space around it. @param what for messages, at their beginning */
export async function readFileBounded(path: string, what: string): Promise<string> {
  let text: string;
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxTokenBytes), 0, maxTokenBytes, 0);
    text = buffer.toString('utf8', 0, bytesRead).trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw unavailable(`${what} cannot be read (${code}).`);
  }
  if (text === '') throw unavailable(`${what} is empty.`);
  return text;
}

function unavailable(message: string): CredentialError {
  return new CredentialError(message, { code: 'credential_unavailable', fault: 'hub' });
}
