import type { Command } from 'commander';
import type { Detection, Provider, Registry, RegistryInput } from '../../sdk/index.ts';
import { showDryRun } from '../change.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import type { Hub } from '../hub-client.ts';
import { ask, confirm, isInteractive } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { addDefinition } from './registry.ts';
import { collectConnection } from './registry-connection.ts';
import { complain, examine } from './registry-doctor.ts';
import { collectFields } from './registry-fields.ts';
import type { SettingsOptions } from './registry-options.ts';
import { parseRegistryCommand, type RegistryCommandLine } from './registry-parse.ts';
import { commonSettings, defined, doctorOptions, withoutSecrets } from './registry-settings.ts';

export async function registryAdd(cli: Cli, lenient: Command): Promise<void> {
  const line = await parseRegistryCommand(cli, lenient, addDefinition);
  if (!line) return;
  const { hub, options } = line;
  const output = cli.output(options);
  const { input, secrets } = await collectInput(cli, line);
  if (options.dryRun) return showDryRun(cli, options, 'POST', '/registries', withoutSecrets(input, secrets));
  if (options.test === false) return announce(cli, options, await hub.createRegistry(input), undefined);
  const { report, settings } = await examine(cli, output, options, input, (current) =>
    hub.testNewRegistry({ registry: { ...input, ...current }, options: doctorOptions(options) }),
  );
  if (report.state === 'failing' && !(await saveAnyway(cli, options))) {
    output.result({ json: () => ({ registry: null, report }), human: () => [] });
    complain(cli, report, 'Nothing was saved.', '--force saves it as it is.');
    throw new Failed();
  }
  const registry = await hub.createRegistry({ ...input, ...settings });
  announce(cli, options, registry, report);
}

async function saveAnyway(cli: Cli, options: SettingsOptions): Promise<boolean> {
  return options.force === true || (isInteractive(cli.io) && confirm(cli.io, 'Save it all the same?', cli.signal));
}

function announce(cli: Cli, options: SettingsOptions, registry: Registry, report: unknown): void {
  const output = cli.output(options);
  output.result({
    json: () => ({ registry, report }),
    quiet: () => [registry.name],
    human: () => [
      `${output.palette.good('✓')} Saved ${printable(registry.name)}: ${printable(registry.prefix)}${registry.default ? ', the default registry' : ''}.`,
      `Next: tagboat repos ${printable(registry.name)}`,
    ],
  });
}

export interface CollectedInput {
  input: RegistryInput;
  provider: Provider;
  secrets: ReadonlySet<string>;
}

async function collectInput(cli: Cli, line: RegistryCommandLine): Promise<CollectedInput> {
  const [first, second] = line.args;
  const fixed = line.providers.find((provider) => provider.id === line.options.provider)?.url.fixed;
  // One argument alone may be the address: the hub suggests a name for it.
  const isAddress = second === undefined && first !== undefined && !fixed && /[./:]/.test(first);
  let url = isAddress ? first : second;
  if (url === undefined && !fixed)
    url = await askOr(
      cli,
      'URL or host of the registry',
      'The URL of the registry is missing.',
      'Write `tagboat registry add <name> <url>`.',
    );
  const collected = await collectUnnamed(cli, line, url);
  const suggested = collected.suggestedName;
  const name =
    (isAddress ? undefined : first) ??
    (isInteractive(cli.io) ? await ask(cli.io, 'Name for it', { default: suggested, signal: cli.signal }) : suggested);
  if (name === undefined) throw new UsageError('A name for the registry is missing.', 'Write `tagboat registry add <name> <url>`.');
  return { ...collected, input: { ...collected.input, name } };
}

async function askOr(cli: Cli, question: string, message: string, next: string): Promise<string> {
  if (!isInteractive(cli.io)) throw new UsageError(message, next);
  return ask(cli.io, question, { signal: cli.signal });
}

/** Everything but the name: also what `registry test <url>` needs. */
export async function collectUnnamed(
  cli: Cli,
  line: RegistryCommandLine,
  url: string | undefined,
): Promise<CollectedInput & { suggestedName?: string }> {
  const { hub, options, flags } = line;
  refuseUserinfo(url);
  const detection = url === undefined ? undefined : await detect(hub, url, options);
  const provider = providerFor(line, detection);
  const isDetected = detection?.provider === provider.id;
  const fields = await collectFields(cli, { provider, flags, options, inferred: isDetected ? detection.fields : undefined });
  const connection = await collectConnection(cli, options, fields.connectionSecrets);
  const input: RegistryInput = defined({
    name: '',
    provider: provider.id,
    url: addressOf(url, isDetected ? detection.url : undefined, options),
    ...commonSettings(options),
    namespace: options.namespace ?? (isDetected ? detection.namespace : undefined),
    signIn: fields.signIn.method,
    fields: fields.fields,
    sources: fields.sources,
    connection,
  });
  return { input, provider, secrets: fields.secrets, suggestedName: detection?.name };
}

/** The address as recognised, its scheme that of the flags unless one was typed. */
function addressOf(typed: string | undefined, recognised: string | undefined, options: SettingsOptions): string | undefined {
  if (recognised === undefined || typed?.includes('://')) return recognised ?? typed;
  return options.plainHttp ? recognised.replace(/^https:/, 'http:') : recognised;
}

/** The hub refuses it too; here it must not even be sent and logged. */
function refuseUserinfo(url: string | undefined): void {
  if (url !== undefined && /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/\s]*@/i.test(url)) {
    throw new UsageError(
      'The URL holds a user name or password.',
      'Leave them out of the URL: use --username, and let the password be asked for. Change the password if it was a real one.',
    );
  }
}

/** What the URL says of the provider; on the network only where the flags leave nothing open that decides how to connect. */
function detect(hub: Hub, url: string, options: SettingsOptions): Promise<Detection> {
  const probe =
    !options.dryRun && options.provider === undefined && !options.proxy && !options.plainHttp && !options.caFile && !options.insecure;
  return hub.detectRegistry({ text: url, probe: probe || undefined });
}

function providerFor({ providers, options }: RegistryCommandLine, detection: Detection | undefined): Provider {
  const id = options.provider ?? detection?.provider ?? 'generic';
  const provider = providers.find((candidate) => candidate.id === id);
  if (provider) return provider;
  throw new UsageError(
    `The hub knows no provider “${id}”.`,
    `Choose one with --provider: ${providers.map((candidate) => candidate.id).join(', ')}.`,
  );
}
