// The credential helper as clients start it: a process of its own for every answer.
import { fileURLToPath } from 'node:url';
import { run } from '../../test/support/run.ts';
import { type Measure, median, timed } from '../suite.ts';

const program = fileURLToPath(new URL('../../bin/docker-credential-tagboat.mjs', import.meta.url));

/** Warm answers: the hub has the credential. Beside it, a Node.js that does nothing, which is most of the time. */
export async function credentialHelper(hub: { url: string; token: string }, server: string): Promise<Measure[]> {
  const env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: hub.token };
  const answers = await timed(20, () => run(process.execPath, [program, 'get'], { env, input: server }));
  const nothing = await timed(20, () => run(process.execPath, ['-e', '0']));
  return [
    {
      name: 'docker-credential-tagboat get, from process start to answer',
      value: median(answers),
      unit: 'ms',
      budget: 100,
      rounds: answers.length,
    },
    { name: 'a Node.js that does nothing, for scale', value: median(nothing), unit: 'ms', rounds: nothing.length },
  ];
}
