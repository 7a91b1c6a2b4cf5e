import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundle } from '../support/bundle.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { killCommands, killHubs, randomFrom } from './kill-world.ts';

const hubKills = 140;
const cliKills = 60;

it('survives 200 kills with every tag whole, sending nothing twice that had arrived', { timeout: 600_000 }, async () => {
  const seed = Number(process.env['KILLS_SEED'] ?? randomInt(2 ** 31));
  console.log(`KILLS_SEED=${seed}`);
  await using directory = await temporaryDirectory('tagboat-kills');
  const child = await bundle('test/copy/kill-child.ts', join(directory.path, 'hub'));
  const [one, two, commands] = await Promise.all([
    killHubs(child, hubKills / 2, randomFrom(seed)),
    killHubs(child, hubKills / 2, randomFrom(seed + 1)),
    killCommands(cliKills, randomFrom(seed + 2)),
  ]);
  const all = [one, two, commands];
  for (const [name, { uploads, resumed }] of Object.entries({ hub: one, 'another hub': two, commands }))
    console.log(`${name}: ${uploads} uploads, ${resumed.uploads} of them taken up, ${resumed.bytes} bytes spared`);
  // The campaign is about these: it would prove nothing without them.
  for (const { resumed } of all) expect(resumed.uploads).toBeGreaterThan(5);
  expect(all.reduce((sum, { resumed }) => sum + resumed.bytes, 0)).toBeGreaterThan(500_000);
});
