/** One difference of two records: a path and the values before and after; undefined where there was none. */
export interface Change {
  path: string;
  before?: string;
  after?: string;
}

/** Differences of two JSON-like records, nested members by their path (`connection.tls`), lists as a whole. */
export function diffObjects(
  before: Readonly<Record<string, unknown>> | undefined,
  after: Readonly<Record<string, unknown>> | undefined,
): Change[] {
  const left = flatten(before);
  const right = flatten(after);
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => {
      const change: Change = { path };
      const [was, is] = [left.get(path), right.get(path)];
      if (was !== undefined) change.before = was;
      if (is !== undefined) change.after = is;
      return change;
    });
}

function flatten(value: Readonly<Record<string, unknown>> | undefined, prefix = '', into = new Map<string, string>()): Map<string, string> {
  for (const [key, member] of Object.entries(value ?? {})) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (member === null || member === undefined || member === '') continue;
    if (Array.isArray(member)) {
      if (member.length > 0) into.set(path, member.map((each) => write(each)).join(', '));
    } else if (typeof member === 'object') flatten(member as Record<string, unknown>, path, into);
    else into.set(path, write(member));
  }
  return into;
}

function write(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return JSON.stringify(value) ?? '';
}
