import { randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

let lastTime = -1;
let lastRandom: number[] = [];

/**
 * Sortable identifier: a prefix, 9 characters of time (milliseconds) and 16 random ones (80 bits), e.g. `reg_01k5…`. Those that
 * one process makes within a millisecond sort in the order they were made. Not a secret: use `newToken` for what must not be
 * guessed.
 */
export function newId(prefix: string, now = Date.now()): string {
  if (now === lastTime && increment(lastRandom)) {
    // The random part of the one before, plus one.
  } else {
    lastTime = now;
    lastRandom = Array.from(randomBytes(16), (byte) => byte % 32);
  }
  let time = '';
  for (let rest = now, i = 0; i < 9; i++) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return `${prefix}_${time}${lastRandom.map((digit) => alphabet.charAt(digit)).join('')}`;
}

/** Adds one in base 32, in place; false when all digits overflowed. */
function increment(digits: number[]): boolean {
  for (let i = digits.length - 1; i >= 0; i--) {
    const digit = (digits[i] ?? 0) + 1;
    digits[i] = digit % 32;
    if (digit < 32) return true;
  }
  return false;
}

/** Unguessable token for links and API access: `prefix` and 43 base64url characters (256 bits). */
export function newToken(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}
