import { errorCodes } from '../../src/core/error-codes.ts';
import type { GeneratedFile } from './index.ts';
import { code, generatedNote, table } from './markdown.ts';

/** `docs/reference/errors.md`: every code that an error may carry. */
export async function errorsPage(): Promise<GeneratedFile[]> {
  const rows = Object.entries(errorCodes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { title, help, http }]) => [`<a id="${name}"></a>${code(name)}`, String(http), title, help]);
  const text = `${generatedNote}
# Error codes

Every error of the API, the command line and the doctor carries one of these codes. A code never changes its meaning. The
API answers errors as \`application/problem+json\`: \`code\`, \`detail\` (what happened and where), \`fault\` (\`caller\`, \`remote\`
or \`hub\`: who has to act), \`help\` (what to do), \`fields\` (messages at the fields of a form), \`requestId\` (to be found in
the log).

${table(['Code', 'HTTP', 'What it means', 'What to do'], rows)}`;
  return [{ path: 'docs/reference/errors.md', text }];
}
