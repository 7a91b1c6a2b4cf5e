import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { InvalidSettings } from '../core/errors.ts';

/** Argon2id, RFC 9106, with the parameters of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. */
export interface PasswordCost {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}

export const passwordCost: PasswordCost = { memory: 19_456, passes: 2, parallelism: 1 };
export const minPasswordLength = 10;
export const maxPasswordLength = 256;

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2);

/** Checks a password that somebody chose. Throws InvalidSettings at `field`. */
export function parsePassword(password: string, name: string, field = 'password'): string {
  const refuse = (message: string) => new InvalidSettings(message, [{ field, message }]);
  const length = Array.from(password).length;
  if (length < minPasswordLength) throw refuse(`A password has at least ${minPasswordLength} characters.`);
  if (length > maxPasswordLength) throw refuse(`A password has at most ${maxPasswordLength} characters.`);
  if (new Set(password).size < 4) throw refuse('This password is too easy to guess: use more different characters.');
  if (password.toLowerCase() === name.toLowerCase()) throw refuse('The password is the same as the name.');
  return password;
}

/** Hashes a password into a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. About 50 ms. */
export async function hashPassword(password: string, cost: PasswordCost = passwordCost): Promise<string> {
  const salt = randomBytes(16);
  const hash = await digest(password, salt, 32, cost);
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${phc(salt)}$${phc(hash)}`;
}

/**
 * Compares a password with a PHC string in constant time. `outdated`: it fits, and was hashed with other parameters than
 * today's, so it should be hashed anew.
 */
export async function verifyPassword(stored: string, password: string): Promise<{ ok: boolean; outdated: boolean }> {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored);
  if (!match) throw new TypeError('The stored password hash is not an Argon2id PHC string.');
  const [, memory, passes, parallelism, salt = '', hash = ''] = match;
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(hash, 'base64');
  const ok = timingSafeEqual(await digest(password, Buffer.from(salt, 'base64'), expected.length, cost), expected);
  const same = cost.memory === passwordCost.memory && cost.passes === passwordCost.passes && cost.parallelism === passwordCost.parallelism;
  return { ok, outdated: ok && !same };
}

let decoy: Promise<string> | undefined;

/** Takes as long as a real comparison and fails: for names that do not exist. */
export async function verifyDecoy(password: string): Promise<void> {
  decoy ??= hashPassword(randomBytes(16).toString('hex'));
  await verifyPassword(await decoy, password);
}

// Each takes 19 MiB and a thread of the pool that files and DNS need too: two at a time, the rest in line.
let running = 0;
const waiting: (() => void)[] = [];

async function digest(password: string, salt: Buffer, length: number, cost: PasswordCost): Promise<Buffer> {
  if (running >= 2) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await derive('argon2id', {
      message: Buffer.from(password.normalize('NFC')),
      nonce: salt,
      tagLength: length,
      memory: cost.memory,
      passes: cost.passes,
      parallelism: cost.parallelism,
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Base64 without padding, as PHC strings have it. */
function phc(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
