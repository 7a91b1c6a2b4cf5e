import type { ClientId } from '../../registries/client-config/types.ts';
import type { ClientConfig } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { connect, findHub } from '../hub-client.ts';
import { printable, printableLines } from '../output/text.ts';
import { registryAtHub } from '../targets.ts';
import { type WrittenFile, writeClientFiles } from './client-config-write.ts';

export interface ClientConfigCliOptions extends CommonOptions {
  for: ClientId;
  mirrorOf?: string;
  mirrors?: readonly string[];
  containerdVersion: '1' | '2';
  helper: boolean;
  output?: string;
  force?: boolean;
  caFile?: string;
  clientCert?: string;
  insecure?: boolean;
  plainHttp?: boolean;
}

/** What is shown; the registry's id is there when a hub answered. */
type Shown = Omit<ClientConfig, 'registry'> & { registry: { id?: string; name: string } };

export async function clientConfig(cli: Cli, text: string, options: ClientConfigCliOptions): Promise<void> {
  if (options.force && options.output === undefined) throw new UsageError('--force is for --output.', 'Add --output <folder>.');
  const config = (await atHub(cli, text, options)) ?? (await withoutHub(text, options));
  const output = cli.output(options);
  const written =
    options.output === undefined
      ? undefined
      : await writeClientFiles(options.output, config.files, { force: options.force, home: cli.io.home });
  output.result({
    json: () => (written ? { ...config, written } : config),
    quiet: () => (written ?? config.files).map((file) => printable(file.path)),
    human: () => [...(written ? writtenLines(written) : fileLines(config, output.palette)), ...afterLines(config, output.palette)],
  });
}

async function atHub(cli: Cli, text: string, options: ClientConfigCliOptions): Promise<Shown | undefined> {
  const isDirect = options.caFile !== undefined || options.clientCert !== undefined || options.insecure || options.plainHttp;
  if (isDirect && typeof options.hub === 'string') {
    throw new UsageError('--hub excludes the flags of a direct connection.', 'Leave out --hub, or set up the registry at the hub.');
  }
  if (isDirect || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return undefined;
  const address = await findHub(cli, options);
  if (!address) return undefined;
  const hub = connect(cli, address, options);
  const target = await registryAtHub(hub, text.replace(/\/+$/, ''));
  if (!target) {
    cli.output(options).note('No registry of the hub has this; it is taken for one with a certificate that everybody trusts.');
    return undefined;
  }
  return hub.getClientConfig(target.registry.id, {
    for: options.for,
    mirrorOf: options.mirrorOf,
    mirrors: options.mirrors?.join(','),
    containerd: options.containerdVersion,
    helper: options.helper ? undefined : false,
  });
}

async function withoutHub(text: string, options: ClientConfigCliOptions): Promise<Shown> {
  const { directClientConfig } = await import('./client-config-direct.ts');
  return directClientConfig(text, options);
}

type Palette = ReturnType<Cli['output']>['palette'];

function fileLines({ files }: Shown, palette: Palette): string[] {
  return files.flatMap((file) => [
    palette.strong(`${printable(file.path)}  (${file.action === 'merge' ? 'add to it' : `new, mode ${file.mode}`})`),
    ...(file.note === undefined ? [] : [palette.dim(printable(file.note))]),
    ...printableLines(file.content.trimEnd())
      .split('\n')
      .map((line) => (line === '' ? '' : `    ${line}`)),
    '',
  ]);
}

const outcomes = {
  created: 'written',
  merged: 'completed',
  replaced: 'replaced',
  unchanged: 'as it was',
  kept: 'kept: the key that is there',
} as const;

function writtenLines(written: readonly WrittenFile[]): string[] {
  return [...written.map((file) => `${printable(file.path)}  (${outcomes[file.outcome]})`), ''];
}

function afterLines({ files, commands, notes }: Shown, palette: Palette): string[] {
  return [
    ...(files.length === 0 ? ['No file is needed.', ''] : []),
    ...(commands.length > 0 ? [palette.strong('Then:')] : []),
    ...commands.flatMap(({ description, command }) => [`  ${palette.dim(`# ${printable(description)}`)}`, `  ${printable(command)}`]),
    ...(commands.length > 0 ? [''] : []),
    ...(notes.length > 0 ? [palette.strong('Good to know:')] : []),
    ...notes.flatMap((note) =>
      printableLines(note)
        .split('\n')
        .map((line, at) => `${at === 0 ? '- ' : '    '}${line}`),
    ),
  ];
}
