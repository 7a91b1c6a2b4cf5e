import { Command } from 'commander';
import type { HubConfig } from '../../config.ts';
import { givenConfig, withConfigOptions } from '../config-options.ts';
import { withExamples } from '../help.ts';

const place: readonly (keyof HubConfig)[] = ['dataDir', 'database'];

/** `tagboat key`: looks after the master key, in the store itself; works beside a running hub and without one. */
export function keyCommand(): Command {
  const command = new Command('key').description('Look after the master key, which wraps the key that seals stored secrets.');

  command.addCommand(
    withExamples(
      withConfigOptions(new Command('status').description('Show where the master key comes from and whether it fits.'), place).action(
        async (flags: Partial<HubConfig>) => {
          const { keyStatus } = await import('../../key-tool.ts');
          process.stdout.write(await keyStatus(givenConfig(flags, process.env)));
        },
      ),
      [{ command: 'tagboat key status --data /var/lib/tagboat', does: 'of the hub with this data directory' }],
    ),
  );

  command.addCommand(
    withExamples(
      withConfigOptions(
        new Command('rotate').description('Replace the master key. Stored secrets stay as they are: only their key is wrapped anew.'),
        place,
      )
        .option('--new-key-stdin', 'read the new master key from standard input, instead of making one')
        .action(async ({ newKeyStdin, ...flags }: Partial<HubConfig> & { newKeyStdin?: boolean }) => {
          const { rotateKey } = await import('../../key-tool.ts');
          const next = newKeyStdin ? await readAll(process.stdin) : undefined;
          process.stdout.write(await rotateKey(givenConfig(flags, process.env), next));
        }),
      [
        { command: 'tagboat key rotate', does: 'a new master.key in ./data' },
        { command: 'openssl rand -base64 32 | tagboat key rotate --new-key-stdin', does: 'a key of your own' },
      ],
    ),
  );

  command.addCommand(
    withExamples(
      withConfigOptions(
        new Command('accept-loss').description(
          'Give up secrets whose master key is lost, so that they can be entered again. Stop the hub first.',
        ),
        place,
      ).action(async (flags: Partial<HubConfig>) => {
        const { acceptKeyLoss } = await import('../../key-tool.ts');
        process.stdout.write(await acceptKeyLoss(givenConfig(flags, process.env)));
      }),
      [{ command: 'tagboat key accept-loss --data /var/lib/tagboat', does: 'makes a new master.key there' }],
    ),
  );

  return withExamples(command, [
    { command: 'tagboat key status', does: 'does the master key fit?' },
    { command: 'tagboat key rotate', does: 'replace it' },
  ]);
}

/** Longest master key that is read, in characters. */
const longestKey = 10_000;

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.length > longestKey) break;
  }
  return text.trim();
}
