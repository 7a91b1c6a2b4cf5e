import type { Entry } from '../../../imports/entry.ts';
import { formatPlatform, parsePlatform, TagboatError } from '../../../oci/index.ts';
import type { CopySettings } from '../../copies/types.ts';
import { Unreadable } from './notes.ts';

/** How an entry, with the defaults of its file, copies. @throws Unreadable for platforms that cannot be read: everything would be copied */
export function readRegsyncSettings(entry: Entry, defaults: Entry | undefined): CopySettings {
  const settings: CopySettings = {};
  const flag = (key: string): boolean => entry.boolean(key) ?? defaults?.boolean(key) ?? false;
  const has = (key: string): boolean => entry.has(key) || defaults?.has(key) === true;

  const platform = entry.text('platform');
  const platforms = [...(platform === undefined ? [] : [platform]), ...(entry.texts('platforms') ?? [])].map(readPlatform);
  if (platforms.length > 0) settings.platforms = [...new Set(platforms)];
  if (platforms.length > 1)
    entry.note(
      'info',
      'platforms',
      'The index is made anew with these platforms, so its digest is another one; regsync keeps an index that names more than is there.',
    );

  if (flag('referrers')) settings.referrers = true;
  if (flag('digestTags')) settings.digestTags = true;
  if (flag('includeExternal')) settings.foreignLayers = true;
  const least = (entry.map('ratelimit') ?? undefined)?.number('min') ?? defaults?.map('ratelimit')?.number('min');
  if (least !== undefined && least > 0) {
    settings.quotaReserve = Math.round(least);
    entry.note('info', 'ratelimit', 'When no more than this is left, the run ends there and the next one goes on; regsync waits instead.');
  }

  const say = (message: string, ...keys: readonly string[]): void => {
    for (const key of keys) {
      if (has(key)) entry.note('unmapped', key, message);
      for (const one of [entry, defaults]) one?.ignore(key);
    }
  };
  say('What is overwritten is not kept under another tag. A rule of its own with {date} in its tag keeps copies by day.', 'backup');
  say('Commands are not run before or after a copy.', 'hooks');
  say('Every kind of referrer is copied.', 'referrerFilters');
  say('Referrers are read from, and written to, the repository of their image.', 'referrerSource', 'referrerTarget');
  say('Referrers are looked for in the list that the registry has.', 'referrerSlow');
  say('Referrers are looked for each time.', 'fastCheck');
  say('What an image at the destination names is taken to be there.', 'forceRecursive');
  say('Images are copied whatever their media type is.', 'mediaTypes');
  entry.ignore('ratelimit');
  return settings;
}

function readPlatform(text: string): string {
  if (text === 'local')
    throw new Unreadable('The platform is “local”, that of the machine that copies: write which one is meant, e.g. linux/amd64.');
  try {
    return formatPlatform(parsePlatform(text));
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    throw new Unreadable(error.message);
  }
}
