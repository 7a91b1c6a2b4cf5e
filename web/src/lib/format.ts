/** How numbers, sizes, times and digests are written everywhere on the page. All functions are pure. */

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `64113868` → `61.1 MiB`. Three significant digits at most, binary units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < binary.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${binary[unit]}`;
}

const numbers = new Intl.NumberFormat('en-US');

/** `9036` → `9,036`. */
export function formatCount(count: number): string {
  return numbers.format(count);
}

/** `1` → `1 tag`, `2` → `2 tags`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span of time in its two largest units: `11 h 20 m`, `3 d 4 h`, `45 s`. */
export function formatSpan(milliseconds: number): string {
  const total = Math.max(0, Math.round(milliseconds / second)) * second;
  if (total < minute) return `${total / second} s`;
  if (total < hour) return `${Math.floor(total / minute)} m`;
  const [large, largeUnit, small, smallUnit] = total < day ? [hour, 'h', minute, 'm'] : [day, 'd', hour, 'h'];
  const whole = Math.floor(total / large);
  const rest = Math.floor((total - whole * large) / small);
  return rest > 0 && whole < 30 ? `${whole} ${largeUnit} ${rest} ${smallUnit}` : `${whole} ${largeUnit}`;
}

/** How long something took: `12 ms`, `1.3 s`, `2 m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return '<1 ms';
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < minute) return `${(milliseconds / 1000).toFixed(1)} s`;
  return formatSpan(milliseconds);
}

/** `2 min ago`, `3 h ago`, `in 12 h`, `9 d ago`, `4 months ago`. */
export function formatRelative(time: string | number | Date, now: number): string {
  const distance = new Date(time).getTime() - now;
  const size = Math.abs(distance);
  const words = relativeWords(size);
  if (words === undefined) return 'just now';
  return distance > 0 ? `in ${words}` : `${words} ago`;
}

function relativeWords(size: number): string | undefined {
  if (size < 45 * second) return undefined;
  if (size < 59.5 * minute) return `${Math.max(1, Math.round(size / minute))} min`;
  if (size < 23.5 * hour) return `${Math.round(size / hour)} h`;
  if (size < 30 * day) return `${Math.round(size / day)} d`;
  const months = Math.round(size / (30.44 * day));
  if (months < 12) return months === 1 ? '1 month' : `${months} months`;
  const years = Math.round(size / (365.25 * day));
  return years === 1 ? '1 year' : `${years} years`;
}

const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** The moment in the reader's zone and in UTC, for a tooltip. */
export function formatExact(time: string | number | Date): string {
  const date = new Date(time);
  return `${exact.format(date)} · ${date.toISOString().replace('.000', '')}`;
}

const dateOnly = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

export function formatDate(time: string | number | Date): string {
  return dateOnly.format(new Date(time));
}

/** `sha256:4f0c…` with twelve characters of the hash, as image tools abbreviate it. */
export function shortDigest(digest: string): string {
  const [algorithm, hash] = digest.split(':');
  return hash === undefined ? digest.slice(0, 12) : `${algorithm}:${hash.slice(0, 12)}`;
}

/** `linux/arm64/v8` → `arm64/v8`: the operating system is left out where it is the usual one. */
export function shortPlatform(platform: string): string {
  return platform.startsWith('linux/') ? platform.slice('linux/'.length) : platform;
}
