const units: Record<string, number> = { k: 1e3, m: 1e6, g: 1e9, ki: 1024, mi: 1024 ** 2, gi: 1024 ** 3 };

/** Reads a speed as people write it (`20 MiB/s`, `5M`, `800 kB`) into bytes a second. Undefined when it cannot be read. */
export function parseBandwidth(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]i?)?(?:b|bytes)?\s*(?:\/\s*s)?$/i.exec(text.trim()) ?? [];
  if (amount === undefined) return undefined;
  return Math.round(Number(amount) * (unit === undefined ? 1 : (units[unit.toLowerCase()] ?? 1)));
}

/** The shortest exact way to write it again: `20971520` → `20 MiB/s`. */
export function writeBandwidth(bytes: number): string {
  const exact = (['GiB', 'GB', 'MiB', 'MB', 'KiB', 'kB'] as const).flatMap((name) => {
    const size = units[name.slice(0, -1).toLowerCase()] ?? 1;
    const amount = Number((bytes / size).toFixed(2));
    return amount >= 1 && amount * size === bytes ? [`${amount} ${name}/s`] : [];
  });
  return exact.toSorted((a, b) => a.length - b.length)[0] ?? `${bytes} B/s`;
}
