import type { AnyProvider, Fields } from './define.ts';
import { externalSignIn } from './external.ts';
import { fieldMeta } from './field.ts';

/**
 * The rules every provider keeps, beyond what types can say. Answers a sentence for each that is broken, none when all is
 * well. `id` is the name of its file: the two are the same, so that nobody has to search, and none can take another's id.
 */
export function checkProvider(candidate: unknown, id: string): string[] {
  if (candidate === null || typeof candidate !== 'object') return ['The file exports no `provider`.'];
  const provider = candidate as Partial<AnyProvider>;
  const faults: string[] = [];
  const rule = (kept: boolean, sentence: string) => {
    if (!kept) faults.push(sentence);
  };

  rule(provider.id === id, `The id of the provider is “${String(provider.id)}”, its file is named “${id}”.`);
  rule(typeof provider.title === 'string' && provider.title !== '', 'The provider has no title.');
  rule(isHarmlessSvg(provider.icon), 'The icon is not a plain inline SVG (no scripts, handlers, links or styles).');
  rule(provider.docs === `providers/${id}.md`, `The docs page is to be “providers/${id}.md”.`);
  rule(typeof provider.url?.example === 'string', 'The URL field has no example.');
  rule(Array.isArray(provider.hosts), 'The provider has no list of hosts (an empty one is fine).');
  rule(typeof provider.issueCredential === 'function', 'The provider cannot issue a credential.');
  rule(typeof provider.traits === 'object', 'The provider has no traits.');
  rule(
    (provider.createRepository !== undefined) === (provider.traits?.createRepository === true),
    'The trait createRepository and the function createRepository go together.',
  );
  rule(
    (provider.deleteImage !== undefined) === (provider.traits?.providerDeletes !== undefined),
    'The trait providerDeletes and the function deleteImage go together.',
  );
  rule(
    provider.deleteImage === undefined || provider.traits?.delete === 'provider',
    'A provider has the function deleteImage, and its trait delete is not provider.',
  );
  for (const pattern of [...(provider.hosts ?? []), ...(provider.realms ?? [])]) {
    rule(isAnchored(pattern), `The pattern ${String(pattern)} is not anchored at both ends, or has flags.`);
  }

  const ways = Object.entries(provider.signIn ?? {});
  rule(ways.length > 0, 'The provider has no way of signing in.');
  rule(isFields(provider.settings), 'The settings are not an object schema.');
  const settings = isFields(provider.settings) ? provider.settings : undefined;
  faults.push(...fieldFaults(settings, 'settings'));
  rule(!ways.some(([method]) => method === externalSignIn), `The way “${externalSignIn}” is every provider’s and is not declared.`);
  rule(!settings || !('source' in settings.shape), 'The setting settings.source has a name that is taken.');
  for (const preset of provider.presets ?? []) {
    const way = preset.signIn === undefined ? undefined : provider.signIn?.[preset.signIn];
    rule(preset.signIn === undefined || way !== undefined, `The preset “${preset.title}” names no way of signing in.`);
    const shape = { ...settings?.shape, ...(isFields(way?.fields) && way.fields.shape) };
    for (const name of Object.keys(preset.fields ?? {})) {
      const schema = shape[name];
      rule(
        schema !== undefined && fieldMeta(schema)?.secret !== true,
        `The preset “${preset.title}” fills ${name}, which is no plain field.`,
      );
    }
  }
  for (const [method, way] of ways) {
    if (!isFields(way.fields)) {
      faults.push(`The fields of “${method}” are not an object schema.`);
      continue;
    }
    faults.push(...fieldFaults(way.fields, method));
    const [user, password] = way.pair ?? [];
    rule(
      !way.pair || (user !== password && [user, password].every((name) => name !== undefined && name in way.fields.shape)),
      `The pair of “${method}” are not two of its fields.`,
    );
    const twice = Object.keys(way.fields.shape).filter((name) => settings && name in settings.shape);
    rule(twice.length === 0, `Fields of “${method}” are settings as well: ${twice.join(', ')}.`);
  }
  return faults;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && 'shape' in value;
}

function fieldFaults(fields: Fields | undefined, owner: string): string[] {
  return Object.entries(fields?.shape ?? {}).flatMap(([name, schema]) => {
    const faults: string[] = [];
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) faults.push(`The field ${owner}.${name} is not in camel case.`);
    // A sign-in method is stored beside its fields under this name.
    if (name === 'method') faults.push(`The field ${owner}.method has a name that is taken.`);
    if (!fieldMeta(schema)?.label) faults.push(`The field ${owner}.${name} has no label.`);
    return faults;
  });
}

function isAnchored(pattern: RegExp): boolean {
  const { source, flags } = pattern;
  // A bare alternation would be anchored in its first and last branch only.
  const body = source.slice(1, -1);
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const character = body[i];
    if (character === '\\') i++;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return false;
  }
  return flags === '' && source.startsWith('^') && source.endsWith('$') && !source.endsWith('\\$');
}

/** Icons come into the page as markup: nothing in them may run, load or reach out. */
function isHarmlessSvg(icon: unknown): boolean {
  return (
    typeof icon === 'string' &&
    icon.length <= 4096 &&
    /^<svg [^>]*viewBox="0 0 24 24"/.test(icon) &&
    icon.endsWith('</svg>') &&
    !/<(?!\/?(?:svg|g|path|circle|ellipse|rect|line|polyline|polygon|title)\b)/i.test(icon) &&
    !/\son\w+\s*=|href|style|url\(|&/i.test(icon)
  );
}
