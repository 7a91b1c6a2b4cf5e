import { writeFile } from 'node:fs/promises';
import type { Exported } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { MachineError } from '../errors.ts';
import { openHub } from '../hub-client.ts';
import { printable, printableLines } from '../output/text.ts';

export async function exportRun(cli: Cli, options: CommonOptions & { format: Exported['format']; output?: string }): Promise<void> {
  const hub = await openHub(cli, options);
  const exported = await hub.exportRegistries({ format: options.format });
  const output = cli.output(options);
  const { output: path } = options;
  if (path !== undefined) {
    try {
      await writeFile(path, exported.content, { signal: cli.signal });
    } catch (error) {
      throw new MachineError(`${path} cannot be written: ${(error as Error).message}.`, 'Check the folder and its permissions.', error);
    }
  }
  output.result({
    json: () => (path === undefined ? exported : { ...exported, content: undefined, path }),
    // The content is what was asked for; with --output its path is.
    quiet: () => [path === undefined ? printableLines(exported.content).replace(/\n$/, '') : printable(path)],
    human: () => [
      path === undefined
        ? printableLines(exported.content).replace(/\n$/, '')
        : `${output.palette.good('✓')} Wrote ${printable(path)}. It holds no secrets.`,
    ],
  });
}
