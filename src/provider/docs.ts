import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyProvider } from './define.ts';
import { type FieldDescription, fieldDescriptions, providerDescription } from './describe.ts';
import { externalSignIn } from './external.ts';
import { loadProviders } from './load.ts';

export const fieldsBegin = '<!-- fields:begin -->';
export const fieldsEnd = '<!-- fields:end -->';

/** The part of a provider's page that follows from its declaration: what is asked for, and what the registry can do. Markdown. */
export function renderProviderFields(provider: AnyProvider): string {
  const { url, namespace, presets, traits } = providerDescription(provider);
  const parts = [
    '### Address',
    url.fixed ? `Always \`${url.fixed}\`; it is not asked for.` : `\`${url.example}\`${url.help ? ` — ${url.help}` : ''}`,
  ];
  if (namespace)
    parts.push(
      `**${namespace.label}** (\`namespace\`): ${namespace.help ?? ''}${namespace.example ? ` Example: \`${namespace.example}\`.` : ''}`,
    );
  if (Object.keys(provider.settings.shape).length > 0) parts.push('### Settings', table(fieldDescriptions(provider.settings)));
  for (const [method, way] of Object.entries(provider.signIn)) {
    // The same for all of them, with a page of its own.
    if (method === externalSignIn) continue;
    parts.push(`### Sign in: ${way.title} (\`${method}\`)`);
    if (way.help) parts.push(way.help);
    parts.push(Object.keys(way.fields.shape).length > 0 ? table(fieldDescriptions(way.fields)) : 'Nothing is asked for.');
  }
  if (presets) {
    const rows = presets.map(
      (preset) =>
        `| ${preset.title} | ${preset.url ? `\`${preset.url.replace(/^https:\/\//, '')}\`` : ''} | ${preset.help.replaceAll('|', '\\|')} |`,
    );
    parts.push('### Known products and registries', ['| | Address | What to enter |', '|---|---|---|', ...rows].join('\n'));
  }
  const grain = { repository: 'for repositories', namespace: 'for a project or namespace', registry: 'for the whole registry' };
  const made = provider.traits.scopedTo ? grain[provider.traits.scopedTo] : 'yes';
  const limited = provider.issueScoped ? made : 'no';
  const catalog = { registry: 'from `/v2/_catalog`', provider: 'from the provider’s own API', none: 'only those whose names are pinned' }[
    traits.catalog
  ];
  parts.push(
    '### What it can do',
    [
      '| | |',
      '|---|---|',
      `| Repositories | ${catalog} |`,
      `| Tags | ${provider.listTags ? 'from the provider’s own API, with digest and push time' : 'from `/v2/<name>/tags/list`'} |`,
      `| Referrers | ${{ api: 'yes', 'tag-schema': 'by the tag schema', probe: 'found out by asking' }[traits.referrers] ?? traits.referrers} |`,
      `| Deleting | ${{ manifest: 'manifests', tag: 'tags', provider: ownDeletion(provider), unsupported: 'no', probe: 'found out by asking' }[traits.delete] ?? traits.delete} |`,
      `| Mounting layers across repositories | ${traits.mount ? 'yes' : 'no'} |`,
      `| A repository, or what it is in, has to be made before the first push | ${traits.createRepository ? 'yes' : 'no'} |`,
      `| Short-lived credentials of small scope | ${limited} |`,
      `| Names a page of a listing, at most | ${traits.maxPageSize} |`,
    ].join('\n'),
  );
  return parts.join('\n\n');
}

/** How the vendor's own API deletes, where the registry does not. */
function ownDeletion({ traits }: AnyProvider): string {
  const by = 'by the provider’s own API';
  switch (traits.providerDeletes) {
    case 'both':
      return `tags and manifests, ${by}`;
    case 'tags':
      return `tags, ${by}`;
    case 'manifests':
      return `manifests with all of their tags, ${by}`;
    case undefined:
      return 'not by Tagboat: in the provider’s own interface only';
  }
}

/** A page with its generated part brought up to date. @throws TypeError when the page lacks the two marks */
export function fillProviderFields(page: string, provider: AnyProvider): string {
  const begin = page.indexOf(fieldsBegin);
  const end = page.indexOf(fieldsEnd);
  if (begin === -1 || end < begin) throw new TypeError(`docs/${provider.docs} lacks ${fieldsBegin} … ${fieldsEnd}`);
  return `${page.slice(0, begin + fieldsBegin.length)}\n\n${renderProviderFields(provider)}\n\n${page.slice(end)}`;
}

/**
 * The pages of all providers, brought up to date.
 *
 * @param root folder that holds `docs/`
 */
export async function providerPages(root: string): Promise<{ path: string; text: string }[]> {
  const providers = (await loadProviders()).all();
  return Promise.all(
    providers.map(async (provider) => {
      const path = `docs/${provider.docs}`;
      return { path, text: fillProviderFields(await readFile(join(root, path), 'utf8'), provider) };
    }),
  );
}

function table(fields: readonly FieldDescription[]): string {
  const rows = fields.map((field) => {
    const notes = [
      field.help,
      field.where && `*Where:* ${field.where}`,
      field.options && `One of ${field.options.map(({ value }) => `\`${value}\``).join(', ')}.`,
      field.default !== undefined && `Default \`${field.default}\`.`,
      field.example && `Example: \`${field.example}\`.`,
    ].filter((note) => typeof note === 'string');
    const marks = [field.required ? 'required' : 'optional', field.secret && 'secret', field.advanced && 'advanced'].filter(
      (mark) => typeof mark === 'string',
    );
    return `| ${field.label} | \`${field.name}\` | ${marks.join(', ')} | ${notes.join(' ').replaceAll('|', '\\|')} |`;
  });
  return ['| Field | Name | | |', '|---|---|---|---|', ...rows].join('\n');
}
