const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const units: readonly (readonly [label: string, size: number, upTo: number])[] = [
  ['s', second, minute],
  ['min', minute, hour],
  ['h', hour, day],
  ['d', day, 120 * day],
  ['mo', 30.44 * day, 730 * day],
  ['y', 365.25 * day, Number.POSITIVE_INFINITY],
];

/** `2 h ago`, `in 3 d`, `just now`. Takes ISO 8601 or epoch milliseconds. */
export function relativeTime(time: string | number, now: number): string {
  const at = typeof time === 'number' ? time : Date.parse(time);
  if (Number.isNaN(at)) return '–';
  const distance = Math.abs(now - at);
  if (distance < 5 * second) return 'just now';
  const [label, size] = units.find(([, , upTo]) => distance < upTo) ?? ['y', 365.25 * day];
  const text = `${Math.floor(distance / size)} ${label}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

/** `12 ms`, `1.3 s`, `4 min 10 s`, `11 h 20 min`, `3 d 4 h`. Milliseconds in. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < second) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < minute) {
    const seconds = milliseconds / second;
    return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  }
  const pair = (big: number, bigLabel: string, small: number, smallLabel: string): string => {
    const whole = Math.floor(milliseconds / big);
    const rest = Math.floor((milliseconds % big) / small);
    return rest === 0 ? `${whole} ${bigLabel}` : `${whole} ${bigLabel} ${rest} ${smallLabel}`;
  };
  if (milliseconds < hour) return pair(minute, 'min', second, 's');
  if (milliseconds < day) return pair(hour, 'h', minute, 'min');
  return pair(day, 'd', hour, 'h');
}

const durationPattern = /^(\d+)\s*(s|min|m|h|d|w|y)$/;
const durationUnits: Readonly<Record<string, number>> = {
  s: second,
  m: minute,
  min: minute,
  h: hour,
  d: day,
  w: 7 * day,
  y: 365 * day,
};

/** Milliseconds of `90s`, `30m`, `12h`, `30d`, `2w`, `1y`; `undefined` when the text is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * (durationUnits[match[2] as string] as number);
}
