import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/index.ts';
import { describeEachStore } from './each-store.ts';

describeEachStore('durability', (bench) => {
  it('loses no acknowledged write to kill -9, and keeps no half of one', async () => {
    const place = await bench.place();
    const writer = spawn(
      process.execPath,
      [join(import.meta.dirname, 'writer-process.ts'), place.dataDir, ...(place.database ? [place.database] : [])],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exited = once(writer, 'exit');
    const acknowledged = new Set<number>();
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged.add(Number(line));
      if (acknowledged.size === 200) writer.kill('SIGKILL');
    }
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(acknowledged.size).toBeGreaterThanOrEqual(200);

    // The lock of the dead owner is gone with it.
    const store = await openStore(place);
    const rows = await store.db.selectFrom('hub').select('key').execute();
    const keys = new Set(rows.map((row) => row.key));
    for (const i of acknowledged) expect(keys.has(`a${i}`), `write ${i}`).toBe(true);
    for (const key of keys) expect(keys.has(key.replace(/^./, (side) => (side === 'a' ? 'b' : 'a'))), `both halves of ${key}`).toBe(true);
    await store.close();
  });
});
