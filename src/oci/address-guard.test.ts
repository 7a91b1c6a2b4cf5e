import { describe, expect, it } from 'vitest';
import { AddressGuard } from './address-guard.ts';
import { RegistryClient } from './registry-client.ts';
import { failure, json, loopbackLookup, serve } from './testing/loopback.ts';

describe('addresses', () => {
  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fd00:ec2::254',
    'fd00:0ec2:0:0::0254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:169.254.169.254',
    '::169.254.169.254',
    '64:ff9b::169.254.169.254',
    '2002:a9fe:a9fe::1',
  ])('%s is refused whatever the policy', (address) => {
    expect(new AddressGuard({ allowLoopback: true, allowPrivate: true }).refusal(address)).toBeDefined();
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('%s is loopback', (address) => {
    expect(new AddressGuard().refusal(address)).toBeUndefined();
    expect(new AddressGuard({ allowLoopback: false }).refusal(address)).toContain('loopback');
  });

  it.each(['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fd12::1', '::ffff:10.0.0.1'])(
    '%s is private',
    (address) => {
      expect(new AddressGuard().refusal(address)).toBeUndefined();
      expect(new AddressGuard({ allowPrivate: false }).refusal(address)).toContain('private');
    },
  );

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '1.1.1.1'])('%s is public', (address) => {
    expect(new AddressGuard({ allowLoopback: false, allowPrivate: false }).refusal(address)).toBeUndefined();
  });
});

describe('connections', () => {
  it.each([
    'http://169.254.169.254',
    'http://[::ffff:169.254.169.254]',
    'http://0xa9fea9fe',
    'http://2852039166',
    'http://0251.0376.0251.0376',
    'http://169.254.43518',
  ])('are not made to %s', async (url) => {
    const client = new RegistryClient({ url });
    expect(await failure(client.ping())).toMatchObject({ code: 'address_denied', fault: 'caller', retry: 'after-change' });
    await client.close();
  });

  it('are not made to a name that resolves to a forbidden address', async () => {
    const client = new RegistryClient({
      url: 'http://innocent.test',
      lookup: loopbackLookup({ 'innocent.test': ['169.254.169.254', 'fd00:ec2::254'] }),
    });
    const error = await failure(client.ping());
    expect(error).toMatchObject({ code: 'address_denied' });
    expect(error.message).toContain('169.254.169.254');
    await client.close();
  });

  it('go to the address that was checked: a name is resolved once, and only its allowed addresses are used', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    let lookups = 0;
    const client = new RegistryClient({
      url: `http://rebinding.test:${server.port}`,
      lookup: () => {
        lookups++;
        return Promise.resolve([
          { address: '169.254.169.254', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]);
      },
    });
    expect(await client.ping()).toMatchObject({ status: 200 });
    expect(lookups).toBe(1);
    await client.close();
  });

  it('respect a policy without loopback', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}));
    const literal = new RegistryClient({ url: server.url, addresses: { allowLoopback: false } });
    expect(await failure(literal.ping())).toMatchObject({ code: 'address_denied' });
    const named = new RegistryClient({
      url: `http://registry.test:${server.port}`,
      addresses: { allowLoopback: false },
      lookup: loopbackLookup(),
    });
    expect(await failure(named.ping())).toMatchObject({ code: 'address_denied' });
    expect(server.connections()).toBe(0);
    await Promise.all([literal.close(), named.close()]);
  });

  it('of provider calls are guarded, too', async () => {
    const client = new RegistryClient({ url: 'http://127.0.0.1' });
    expect(await failure(client.send('http://169.254.169.254/latest/'))).toMatchObject({ code: 'address_denied' });
    await client.close();
  });
});
