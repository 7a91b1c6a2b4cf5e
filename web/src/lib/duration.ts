const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads a span of time as people write it (`10h`, `90m`, `1h 30m`, `2d`, plain seconds) into seconds.
 * Undefined when it cannot be read.
 */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim().toLowerCase().replace(/\s+/g, '');
  if (/^\d+$/.test(compact)) return Number(compact);
  if (!/^(?:\d+(?:\.\d+)?[smhd])+$/.test(compact)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of compact.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)) {
    seconds += Number(amount) * (units[unit ?? 's'] ?? 0);
  }
  return Math.round(seconds);
}

/** The shortest exact way to write it again: `36000` → `10h`. */
export function writeDuration(seconds: number): string {
  let rest = seconds;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = units[unit] ?? 1;
    const whole = Math.floor(rest / size);
    if (whole > 0) text += `${whole}${unit}`;
    rest -= whole * size;
  }
  return text === '' ? '0s' : text;
}
