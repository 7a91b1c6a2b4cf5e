import { everyItem } from '../../sdk/index.ts';
import { approve, type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli } from '../cli.ts';
import { openHub } from '../hub-client.ts';
import { printable } from '../output/text.ts';

export async function registryDefault(cli: Cli, name: string | undefined, options: ChangeOptions): Promise<void> {
  const output = cli.output(options);
  if (name !== undefined && options.dryRun) return showDryRun(cli, options, 'POST', `/registries/${name}/default`);
  const hub = await openHub(cli, options);
  if (name !== undefined) {
    const registry = await hub.setDefaultRegistry(name);
    return output.result({
      json: () => registry,
      human: () => [`${output.palette.good('✓')} Default registry: ${printable(registry.name)}.`],
    });
  }
  const items = await Array.fromAsync(everyItem((cursor) => hub.listRegistries({ cursor, limit: 1000 })));
  const registry = items.find((item) => item.default);
  output.result({
    json: () => registry ?? null,
    quiet: () => (registry ? [printable(registry.name)] : []),
    human: () =>
      registry
        ? [`${printable(registry.name)}: ${printable(registry.prefix)}`]
        : ['There is no default registry that you may see.', 'Next: tagboat registry default <registry>'],
  });
}

export async function registryRemove(cli: Cli, name: string, options: ChangeOptions & { nextDefault?: string }): Promise<void> {
  const { nextDefault } = options;
  if (options.dryRun) return showDryRun(cli, options, 'DELETE', `/registries/${name}${nextDefault ? `?nextDefault=${nextDefault}` : ''}`);
  const hub = await openHub(cli, options);
  const registry = await hub.getRegistry(name);
  const kept = registry.default ? ' It is the default registry.' : '';
  await approve(
    cli,
    options,
    `Remove ${registry.name} (${registry.prefix}) and its secrets from the hub?${kept} The registry itself is not touched.`,
  );
  await hub.deleteRegistry(registry.id, { nextDefault }, { ifMatch: registry.version });
  const output = cli.output(options);
  output.result({ json: () => registry, human: () => [`${output.palette.good('✓')} Removed ${printable(registry.name)}.`] });
}
