// Writes every file that derives from the code. `--check` writes nothing and fails when one of them is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type GeneratedFile, generators } from './generate/index.ts';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');

const stale: string[] = [];
for (const generate of generators) {
  for (const file of await generate(root)) {
    if ((await currentText(file)) === file.text) continue;
    stale.push(file.path);
    if (check) continue;
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.text);
    process.stdout.write(`${file.path}\n`);
  }
}
if (check && stale.length > 0) {
  process.stderr.write(`These files are not what the code says. Run \`npm run generate\`:\n${stale.map((path) => `  ${path}\n`).join('')}`);
  process.exitCode = 1;
}

async function currentText(file: GeneratedFile): Promise<string | undefined> {
  try {
    return await readFile(join(root, file.path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
