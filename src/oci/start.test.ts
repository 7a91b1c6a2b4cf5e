import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('loads what connections, archives and layouts take when they are used, not before', async () => {
  const library = new URL('./index.ts', import.meta.url).href;
  const program = `await import('${library}'); console.log(process.moduleLoadList.join('\\n'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  const loaded = stdout.split('\n').map((line) => line.replace('NativeModule ', ''));
  expect(loaded).toContain('net');
  for (const late of ['tls', 'http', 'http2', 'zlib', 'worker_threads', 'v8']) expect(loaded).not.toContain(late);
});
