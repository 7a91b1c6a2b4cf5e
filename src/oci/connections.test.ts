import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { RegistryClient } from './registry-client.ts';
import { json, serve } from './testing/loopback.ts';

const digest = `sha256:${'a'.repeat(64)}`;

// A second connection may be opened while the first gets ready for more.
const few = 2;

it('asks by HEAD over the same connections again', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '7' }).end();
  });
  const client = new RegistryClient({ url: server.url });
  for (let i = 0; i < 10; i++) expect(await client.repository('shop/api').hasBlob(digest)).toBe(true);
  expect(server.connections()).toBeLessThanOrEqual(few);
  await client.close();
});

it('and what follows on the same connection is answered', async () => {
  await using server = await serve(({ method }, response) =>
    method === 'HEAD' ? void response.writeHead(404, { 'content-length': '2' }).end() : json(response, 200, { tags: ['v1'] }),
  );
  const client = new RegistryClient({ url: server.url });
  const repository = client.repository('shop/api');
  for (let i = 0; i < 5; i++) {
    expect(await repository.hasBlob(digest)).toBe(false);
    expect((await repository.listTags().next()).value).toEqual(['v1']);
  }
  expect(server.connections()).toBeLessThanOrEqual(few);
  await client.close();
});

it.each([0, 20])('servers that send a body with the answer to HEAD, %i ms later, do no harm', async (delay) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (!bytes.toString().startsWith('HEAD')) {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"tags":["v1"]}');
        return;
      }
      const head = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n';
      if (delay === 0) socket.write(`${head}not asked`);
      else {
        socket.write(head);
        setTimeout(() => socket.write('not asked'), delay);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new RegistryClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const repository = client.repository('shop/api');
  for (let i = 0; i < 5; i++) {
    expect(await repository.hasBlob(digest)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, delay * 2));
    expect((await repository.listTags().next()).value).toEqual(['v1']);
  }
  await Promise.all(Array.from({ length: 20 }, () => repository.hasBlob(digest)));
  await client.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});
