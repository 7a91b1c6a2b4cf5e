import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * One file of a program and all that it imports: it starts in a third of the time, which counts where it is started hundreds of times.
 * What only PostgreSQL and the clouds need is left out.
 *
 * @param entry below the checkout
 * @returns path of the file, in `directory`
 */
export async function bundle(entry: string, directory: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: {
      ssr: join(root, entry),
      outDir: directory,
      emptyOutDir: false,
      minify: false,
      target: 'node26',
      rolldownOptions: { output: { entryFileNames: 'program.mjs' } },
    },
    ssr: { noExternal: true, external: ['pg', 'pg-boss', '@aws-sdk/client-ecr', '@aws-sdk/credential-providers', 'google-auth-library'] },
  });
  return join(directory, 'program.mjs');
}
