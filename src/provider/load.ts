import { readdir } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkProvider } from './check.ts';
import type { AnyProvider } from './define.ts';
import { type ProviderProblem, ProviderSet } from './set.ts';

const providersFolder = new URL('../providers/', import.meta.url);

/**
 * Loads every provider: each `*.ts` (in a checkout) or `*.js` (in a package) file directly in the folder that exports
 * `provider`. Tests and type declarations are left out; folders below are for what providers share.
 *
 * A file that does not load, or whose provider breaks the rules of `checkProvider`, is left out and named in `problems`:
 * one bad file must not take the hub down.
 *
 * @param folder Default: the providers that Tagboat ships.
 * @throws the file system's error when the folder itself cannot be read.
 */
export async function loadProviders(folder: URL | string = providersFolder): Promise<ProviderSet> {
  const base = folder instanceof URL ? folder : pathToFileURL(folder.endsWith('/') ? folder : `${folder}/`);
  const files = (await readdir(fileURLToPath(base), { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && isProviderFile(entry.name))
    .map((entry) => entry.name)
    .toSorted();
  const loaded = await Promise.all(files.map((file) => load(new URL(encodeURIComponent(file), base), file)));

  const providers = new Map<string, AnyProvider>();
  const problems: ProviderProblem[] = [];
  for (const entry of loaded) {
    if ('message' in entry) problems.push(entry);
    else providers.set(entry.provider.id, entry.provider);
  }
  return new ProviderSet([...providers.values()], problems);
}

function isProviderFile(name: string): boolean {
  return /^[a-z][a-z0-9-]*\.(?:ts|js|mjs)$/.test(name);
}

async function load(location: URL, file: string): Promise<{ provider: AnyProvider } | ProviderProblem> {
  try {
    const module = (await import(/* @vite-ignore */ location.href)) as { provider?: unknown };
    const faults = checkProvider(module.provider, file.slice(0, file.lastIndexOf('.')));
    if (faults.length > 0) return { file, message: faults.join(' ') };
    return { provider: module.provider as AnyProvider };
  } catch (error) {
    return { file, message: error instanceof Error ? error.message : String(error) };
  }
}
