import { isIP } from 'node:net';

// Readers of configured text. Each throws an Error whose message completes "--flag: …".

export function nonEmpty(text: string): string {
  if (text.trim() === '') throw new Error('it is empty');
  return text.trim();
}

export function list(text: string): readonly string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  if (parts.length === 0) throw new Error('it is empty');
  return parts;
}

export function mountPath(text: string): string {
  const path = text.trim().replace(/^\/+|\/+$/g, '');
  if (!/^[A-Za-z0-9._/-]+$/.test(path)) throw new Error('it has to be a path such as kubernetes');
  return path;
}

export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text.trim()) || value < least || value > most)
      throw new Error(`it has to be a whole number from ${least} to ${most}`);
    return value;
  };
}

export const isYesOrNo = (text: string): boolean => /^(yes|no|true|false|1|0|on|off)$/i.test(text.trim());

export function yesOrNo(text: string): boolean {
  if (!isYesOrNo(text)) throw new Error('it has to be yes or no');
  return /^(yes|true|1|on)$/i.test(text.trim());
}

export function oneOf<T extends string>(...choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text.trim().toLowerCase());
    if (!found) throw new Error(`it has to be one of ${choices.join(', ')}`);
    return found;
  };
}

export function addresses(text: string): string {
  const wrong = text
    .split(',')
    .map((one) => one.trim())
    .find((one) => {
      const [address = '', bits, ...more] = one.split('/');
      const longest = isIP(address) === 6 ? 128 : 32;
      return isIP(address) === 0 || more.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= longest));
    });
  if (wrong !== undefined) throw new Error('it has to be yes, no, or addresses and networks such as 10.0.0.0/8, comma-separated');
  return text;
}

export function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username) {
    throw new Error('it has to be https://host or http://host, without a path');
  }
  return url;
}
