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
  const resumed = one.resumed.uploads + two.resumed.uploads;
  const spared = one.resumed.bytes + two.resumed.bytes;
  console.log(`${one.uploads + two.uploads + commands.uploads} uploads, ${resumed} of them taken up, ${spared} bytes spared`);
  // The campaign is about these: it would prove nothing without them.
  expect(resumed).toBeGreaterThan(20);
  expect(spared).toBeGreaterThan(500_000);
});
