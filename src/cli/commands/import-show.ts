import type { ImportEntry, ImportPlan, ImportResult } from '../../sdk/index.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';

const signs = { create: '+', update: '~', skip: '·', invalid: '✗' } as const;
const words = { create: 'create', update: 'change', skip: 'leave', invalid: 'refused' } as const;

/** A plan for people: a table, then what is to be known of each entry. */
export function planLines(output: Output, plan: ImportPlan, { changesOnly }: { changesOnly: boolean }): string[] {
  const { palette } = output;
  const entries = plan.entries.filter(({ action }) => !changesOnly || action !== 'skip');
  const paint = ({ action }: ImportEntry) =>
    ({ create: palette.good, update: palette.warn, skip: palette.dim, invalid: palette.bad })[action];
  const table =
    entries.length === 0
      ? []
      : output.table<ImportEntry>(
          [
            { title: '', value: ({ action }) => signs[action], paint },
            { title: 'NAME', value: ({ name }) => name },
            { title: '', value: ({ action }) => words[action], paint },
            { title: 'PROVIDER', value: ({ input }) => input.provider },
            { title: 'ADDRESS', value: ({ input }) => input.prefix ?? input.url?.replace(/^https:\/\//, ''), shrinkTo: 24 },
            { title: 'SIGN-IN', value: signInOf, shrinkTo: 12 },
          ],
          entries,
        );
  const details = entries.flatMap((entry) => {
    const lines = [
      ...(entry.reason === undefined ? [] : [entry.reason]),
      ...(entry.changes.length > 0 ? [`changes ${entry.changes.join(', ')}`] : []),
      ...entry.secrets.filter(({ state }) => state === 'missing').map(({ label }) => `needs ${label}`),
      ...entry.notes.map(({ level, key, message }) => `${level === 'info' ? '' : `${level}: `}${shortKey(key)}: ${message}`),
    ];
    return lines.length === 0 ? [] : ['', printable(entry.name), ...lines.map((line) => `  ${printable(line)}`)];
  });
  const general = plan.notes.map(({ level, key, message }) =>
    printable(`${level === 'info' ? '' : `${level}: `}${key === '' ? '' : `${key}: `}${message}`),
  );
  return [...table, ...details, ...(general.length > 0 ? ['', ...general] : []), ''];
}

/** `registries[2].ping` → `ping`: which entry it is stands above. */
const shortKey = (key: string): string => key.replace(/^.*?\][.:]\s?/, '');

function signInOf({ input, secrets }: ImportEntry): string | undefined {
  const source = input.fields?.source;
  const missing = secrets.some(({ state }) => state === 'missing');
  const how = typeof source === 'string' ? source : input.signIn;
  return missing ? `${how ?? ''} (secret missing)` : how;
}

/** What became of each entry. */
export function outcomeLines(output: Output, outcomes: ImportResult['outcomes']): string[] {
  const { palette } = output;
  return outcomes.flatMap(({ name, outcome, registry, reason, problem }) => {
    if (outcome === 'failed') {
      return [
        `${palette.bad('✗')} ${printable(name)}: ${printable(problem?.detail ?? '')}`,
        ...(problem?.help === undefined ? [] : [`  ${printable(problem.help)}`]),
      ];
    }
    if (outcome === 'skipped') return [palette.dim(printable(`· ${name}: ${reason ?? 'left as it is'}`))];
    return [`${palette.good('✓')} ${outcome === 'created' ? 'Created' : 'Changed'} ${printable(registry?.name ?? name)}.`];
  });
}
