import { expect, it } from 'vitest';
import { copy, RegistryClient, RepositoryTarget, type UploadState } from '../../src/oci/index.ts';
import { startRegistry } from '../../src/testing/index.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { imageOf } from './copy-world.ts';

// docker-registry drops an upload whose request broke off: what is canceled has to end so that it answers.
it('a copy to docker-registry that was canceled goes on inside its uploads', async () => {
  await using stack = new AsyncDisposableStack();
  const from = stack.adopt(await startRegistry(), (registry) => registry.close());
  const to = stack.adopt(await startDockerRegistry({ kind: 'open' }), (registry) => registry.stop());
  const [reader, writer] = [from, to].map(({ url }) => stack.adopt(new RegistryClient({ url }), (client) => client.close()));
  if (!reader || !writer) throw new Error('Two were made.');
  const image = imageOf([68_000_000, 68_000_000]);
  from.put('shop/api', image, '1');
  const source = new RepositoryTarget(reader.repository('shop/api'));
  const destination = new RepositoryTarget(writer.repository('prod/api'));

  const states = new Map<string, UploadState>();
  const stop = new AbortController();
  let sent = 0;
  const canceled = copy(source, '1', destination, ['1'], {
    signal: stop.signal,
    bandwidth: 100_000_000,
    onUpload: (digest, state) => (state ? states.set(digest, state) : states.delete(digest)),
    onEvent: (event) => {
      if (event.kind === 'bytes' && (sent += event.count) > 50_000_000) stop.abort();
    },
  });
  await expect(canceled).rejects.toMatchObject({ code: 'canceled' });
  expect((await fetch(`${to.url}/v2/prod/api/manifests/1`)).status).toBe(404);

  const { bytes, digest } = await copy(source, '1', destination, ['1'], { resume: states, onUpload: () => {} });
  expect(digest).toBe(image.descriptor.digest);
  expect(bytes.saved).toBeGreaterThan(40_000_000);
  expect(bytes.moved + bytes.saved).toBe(image.blobs.reduce((sum, { length }) => sum + length, 0));
});
