import { Command } from 'commander';
import type { HubConfig } from '../../config.ts';
import { keepYoungGenerationSmall } from '../young-generation.ts';
import { givenConfig, withConfigOptions } from '../config-options.ts';
import { withExamples } from '../help.ts';

/** `tagboat serve`: runs the hub until it is told to stop. What it takes to do so is loaded when it runs. */
export function serveCommand(): Command {
  const command = withConfigOptions(
    new Command('serve').description('Run the hub: web page, API and background checks. The first start prints a link to set it up.'),
  ).action(async (flags: Partial<HubConfig>) => {
    const letGrow = keepYoungGenerationSmall();
    const { serve } = await import('../../serve.ts');
    await serve(givenConfig(flags, process.env), { databaseByFlag: flags.database !== undefined, onListening: letGrow });
  });
  return withExamples(command, [
    { command: 'tagboat serve', does: 'on http://127.0.0.1:7330, data in ./data' },
    { command: 'tagboat serve --data /var/lib/tagboat --host 0.0.0.0', does: 'reachable from other machines' },
    { command: 'tagboat serve --public-url https://tagboat.acme.io --trust-proxy 127.0.0.1', does: 'behind a proxy that speaks HTTPS' },
    { command: 'TAGBOAT_DATABASE=postgres://tagboat:…@db/tagboat tagboat serve', does: 'on PostgreSQL' },
  ]);
}
