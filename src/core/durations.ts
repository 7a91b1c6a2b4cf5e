import { InvalidSettings } from './errors.ts';

/** Milliseconds of each unit. */
const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Reads a length of time as people write it: `12h`, `11 h 20 m`, `90s`, `1.5h`, `7d`, `250ms`. A bare number has no unit and is
 * refused.
 *
 * @returns milliseconds, whole
 * @throws InvalidSettings at `field`
 */
export function parseDuration(text: string, field = 'duration'): number {
  const pattern = /(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)(?![a-z])\s*/giy;
  const tidy = text.trim();
  let total = 0;
  let end = 0;
  for (const match of tidy.slice(0, 100).matchAll(pattern)) {
    total += Number(match[1]) * units[match[2]?.toLowerCase() as keyof typeof units];
    end = match.index + match[0].length;
  }
  if (tidy === '' || end !== tidy.length || !Number.isSafeInteger(Math.round(total))) {
    const message = `“${tidy.slice(0, 100)}” is not a length of time: write it like 12h, 90s or 1h 30m.`;
    throw new InvalidSettings(message, [{ field, message }]);
  }
  return Math.round(total);
}

/** The two largest units of a length of time: `11 h 20 m`, `3 d`, `45 s`, `250 ms`. Negative ones begin with a minus sign. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `−${formatDuration(-milliseconds)}`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  let rest = Math.round(milliseconds / 1000) * 1000;
  const parts: string[] = [];
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / units[unit]);
    rest -= count * units[unit];
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}
