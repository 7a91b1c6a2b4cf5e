import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

export interface Import {
  specifier: string;
  /** Path below the project for relative imports, else undefined. */
  target: string | undefined;
  dynamic: boolean;
  /** `import type`: gone at run time. */
  typeOnly: boolean;
}

export interface SourceFile {
  /** Path below the project, with `/`. */
  path: string;
  text: string;
  imports: Import[];
}

/** Every TypeScript file below a folder, tests and generated files included. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/[/\\](node_modules|dist)([/\\]|$)/.test(entry.parentPath))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const text = readFileSync(file, 'utf8');
      return { path: below(file), text, imports: importsOf(text, file) };
    });
}

const below = (file: string) => relative(root, file).split(sep).join('/');

function importsOf(text: string, file: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  const add = (specifier: string, dynamic: boolean, typeOnly = false) => {
    const target = specifier.startsWith('.') ? below(resolve(dirname(file), specifier)) : undefined;
    found.push({ specifier, target, dynamic, typeOnly });
  };
  for (const match of code.matchAll(/^\s*(?:import|export)\s+(type\b)?[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm)) {
    add(match[2] ?? '', false, match[1] !== undefined);
  }
  for (const match of code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)) add(match[1] ?? '', false);
  for (const match of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)) add(match[1] ?? '', true);
  return found;
}

/** The rank table of ARCHITECTURE.md: `oci` → 0, `hub.ts` → 13. */
export function ranks(): Map<string, number> {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const table = new Map<string, number>();
  for (const match of page.matchAll(/^\| `([a-z.-]+)\/?` \| (\d+) \|/gm)) table.set(match[1] ?? '', Number(match[2]));
  return table;
}

/** The row of the table that a file below src/ belongs to: its folder, or at the top the file itself, its test included. */
export const stageOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.test\.ts$/, '.ts');
