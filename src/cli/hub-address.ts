import { configPath, loadConfig, normaliseHubUrl } from './config.ts';
import type { Io } from './io.ts';

/** A hub that the command line and the helpers may speak to. */
export interface HubAddress {
  url: string;
  token?: string;
  /** Named for this one command (flag or environment), or remembered from `tagboat login`. */
  source: 'named' | 'remembered';
}

/** The hub that `named` (a flag), environment or `tagboat login` name; `undefined` when none of them does. */
export async function findHubAddress(io: Io, named?: string): Promise<HubAddress | undefined> {
  const token = io.env['TAGBOAT_TOKEN'] || undefined;
  const text = named ?? (io.env['TAGBOAT_URL'] || undefined);
  // A token by environment needs no file, and a broken file must not stand in its way.
  if (text !== undefined && token !== undefined) return { url: normaliseHubUrl(text), token, source: 'named' };
  const config = await loadConfig(io);
  const url = text === undefined ? config.current : normaliseHubUrl(text);
  if (url === undefined) return undefined;
  return { url, token: token ?? config.hubs[url]?.token, source: text === undefined ? 'remembered' : 'named' };
}

/** What to do where no hub is known. */
export const signInHint = (io: Io): string =>
  `Sign in with \`tagboat login <url>\` (stored in ${configPath(io)}), or set TAGBOAT_URL and TAGBOAT_TOKEN.`;
