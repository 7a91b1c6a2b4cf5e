import type { Command } from 'commander';
import type { Provider } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { HubUnreachable, UsageError } from '../errors.ts';
import { type Hub, openHub } from '../hub-client.ts';
import { adopt } from '../manners.ts';
import { addProviderFlags, type ProviderFlags, readProviderFlags } from '../provider-flags.ts';
import type { SettingsOptions } from './registry-options.ts';

export interface RegistryCommandLine {
  hub: Hub;
  providers: readonly Provider[];
  args: readonly (string | undefined)[];
  options: SettingsOptions;
  flags: ProviderFlags;
}

/**
 * Second, strict parse of `registry add|edit|test` and `credential next`, with the flags of the providers that the hub knows.
 * `undefined` when help was asked for, and shown.
 */
export async function parseRegistryCommand(cli: Cli, lenient: Command, define: () => Command): Promise<RegistryCommandLine | undefined> {
  const first = lenient.opts<SettingsOptions & { help?: boolean }>();
  const strict = define()
    .name(`tagboat ${lenient.parent?.name() ?? 'registry'} ${lenient.name()}`)
    .action(() => {});
  adopt(strict, cli);
  if (first.help) {
    const providers = await providersForHelp(cli, first);
    if (providers) addProviderFlags(strict, selectProviders(providers, first.provider), reservedFlags(strict));
    else
      strict.addHelpText('after', '\nThe flags of each provider are shown when a hub can be reached: sign in with `tagboat login <url>`.');
    strict.outputHelp();
    return undefined;
  }
  const hub = await openHub(cli, first);
  const { items } = await hub.listProviders();
  const derived = addProviderFlags(strict, selectProviders(items, first.provider), reservedFlags(strict));
  await strict.parseAsync(cli.argv.slice(cli.argv.indexOf(lenient.name()) + 1), { from: 'user' });
  return {
    hub,
    providers: items,
    args: strict.processedArgs as (string | undefined)[],
    options: strict.opts<SettingsOptions>(),
    flags: readProviderFlags(strict, derived),
  };
}

const reservedFlags = (command: Command): ReadonlySet<string> =>
  new Set([...command.options.flatMap((option) => option.long ?? []), '--help']);

function selectProviders(providers: readonly Provider[], id: string | undefined): readonly Provider[] {
  if (id === undefined) return providers;
  const provider = providers.find((candidate) => candidate.id === id);
  if (provider) return [provider];
  throw new UsageError(`The hub knows no provider “${id}”.`, `It knows: ${providers.map((candidate) => candidate.id).join(', ')}.`);
}

/** Help must not hang on a hub that does not answer. */
async function providersForHelp(cli: Cli, options: SettingsOptions): Promise<readonly Provider[] | undefined> {
  try {
    const hub = await openHub(cli, options);
    return (await hub.listProviders({ signal: AbortSignal.timeout(2000) })).items;
  } catch (error) {
    if (cli.signal.aborted) throw error;
    if (error instanceof UsageError || error instanceof HubUnreachable || error instanceof DOMException) return undefined;
    if (error instanceof Error && error.name === 'ApiError') return undefined;
    throw error;
  }
}
