import type { SyncFormat } from '../../distribution/sync/documents/types.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../errors.ts';
import type { EndpointOptions } from '../standalone/endpoint.ts';

export interface SyncRunOptions extends EndpointOptions {
  rule: string[];
  format?: SyncFormat;
  destination?: string;
  scoped?: boolean;
  parallel: number;
  dryRun?: boolean;
  yes?: boolean;
  signKey?: string;
  verifyKey?: string;
  unseen?: boolean;
  detach?: boolean;
}

/** Flags that say how a file is followed from here, and those that speak to a hub. */
const ofFiles = ['format', 'destination', 'scoped', 'signKey', 'verifyKey'] as const;
const ofHubs = ['unseen', 'detach'] as const;

/** Rules of a file are followed from here; what is no file is a rule of the hub. */
export async function planOrRun(cli: Cli, text: string, options: SyncRunOptions): Promise<void> {
  const flags = (names: readonly (keyof SyncRunOptions)[]) => names.find((name) => options[name] !== undefined);
  if (isFile(text)) {
    const wrong = flags(ofHubs);
    if (wrong !== undefined)
      throw new UsageError(`${flagOf(wrong)} is for rules of a hub, and ${text} is a file.`, 'Leave it out, or name a rule.');
    if (typeof options.hub === 'string')
      throw new UsageError(
        'The rules of a file are followed from here, without a hub.',
        'Leave out --hub, or bring them there with `tagboat sync apply`.',
      );
    return (await import('./sync-local.ts')).syncFile(cli, text, options);
  }
  const wrong =
    flags(ofFiles) ?? (options.rule.length > 0 ? 'rule' : undefined) ?? Object.keys(options).find((name) => /^(src|dest)[A-Z]/.test(name));
  if (wrong !== undefined)
    throw new UsageError(
      `${flagOf(wrong)} is for the rules of a file.`,
      `A file ends in .yml, .yaml or .json; “${text}” is taken for a rule of the hub.`,
    );
  if (options.hub === false)
    throw new UsageError(
      `“${text}” is a rule of a hub, and --no-hub excludes it.`,
      'Name a file (.yml, .yaml, .json), or leave out --no-hub.',
    );
  return (await import('./sync-follow.ts')).syncAtHub(cli, text, options);
}

function isFile(text: string): boolean {
  return text === '-' || text.includes('/') || /\.(?:ya?ml|json)$/i.test(text);
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
