// Writes pairs of rows until it is killed, and says of each pair when it is committed. Started by durability.test.ts.
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/index.ts';

const [dataDir = '', database] = process.argv.slice(2);
const store = await openStore({ dataDir, database });
for (let i = 0; ; i++) {
  await store.transaction(async (trx) => {
    await trx
      .insertInto('hub')
      .values({ key: `a${i}`, value: 'x'.repeat(500) })
      .execute();
    await trx
      .insertInto('hub')
      .values({ key: `b${i}`, value: 'x'.repeat(500) })
      .execute();
  });
  writeSync(1, `${i}\n`);
}
