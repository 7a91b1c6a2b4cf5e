import { configOptions } from '../../src/config.ts';
import type { GeneratedFile } from './index.ts';
import { code, generatedNote, table } from './markdown.ts';

/** `docs/reference/configuration.md`: flags of `tagboat serve` and the variables that mirror them. */
export async function configurationPage(): Promise<GeneratedFile[]> {
  const rows = configOptions.map(({ flag, value, env, summary, detail, default: fallback, defaultText }) => [
    flag === undefined ? '' : code(`--${flag}${value ? ` ${value}` : ''}`),
    code(env),
    defaultText ?? (typeof fallback === 'boolean' ? (fallback ? 'yes' : 'no') : fallback === undefined ? '' : code(String(fallback))),
    [`${summary[0]?.toUpperCase()}${summary.slice(1)}.`, detail].filter(Boolean).join(' '),
  ]);
  const text = `${generatedNote}
# Configuration

\`tagboat serve\` is configured by flags or by environment variables of the same meaning. A flag counts before its variable.
What has no flag is secret: everybody on a machine can read the arguments of a program.

${table(['Flag', 'Variable', 'Default', 'Meaning'], rows)}
The compiled code of the program is cached in \`$XDG_CACHE_HOME/tagboat\` (\`~/.cache/tagboat\`), which makes it start faster;
\`NODE_DISABLE_COMPILE_CACHE=1\` turns that off.
`;
  return [{ path: 'docs/reference/configuration.md', text }];
}
