import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { LoopbackHttp, startAws, startDockerHub, startHarbor } from './index.ts';

/** The fakes are strict where the real services are: a client that is wrong must not pass by them. */
describe('fake clouds', () => {
  const open: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(service: T): T => {
    open.push(service);
    return service;
  };
  afterEach(() => Promise.all(open.splice(0).map((service) => service.close())));
  const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });

  it('AWS gives a role by IMDSv2 only, while its session lasts', async () => {
    const clock = new FakeClock();
    const aws = keep(await startAws({ clock }));
    const http = keep(new LoopbackHttp());
    aws.setMachineRole(aws.accounts.addRole(aws.account, 'node', { actions: [], trusts: [] }));
    const role = `${aws.metadata.origin}/latest/meta-data/iam/security-credentials/node`;
    expect((await http.send(role)).status).toBe(401);
    expect((await http.send(`${aws.metadata.origin}/latest/api/token`)).status).toBe(400);
    const token = await http.send(`${aws.metadata.origin}/latest/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
    });
    const headers = { 'x-aws-ec2-metadata-token': token.text };
    expect(JSON.parse((await http.send(role, { headers })).text)).toMatchObject({
      Code: 'Success',
      AccessKeyId: expect.stringMatching(/^ASIA/),
    });
    await clock.advance(60_000);
    expect((await http.send(role, { headers })).status).toBe(401);
  });

  it('AWS gives a container its role for its token only', async () => {
    const aws = keep(await startAws());
    const http = keep(new LoopbackHttp());
    expect((await http.send(`${aws.metadata.origin}/v1/credentials`)).status).toBe(401);
  });

  it('ECR takes no unsigned call, and at its registry no password but its own', async () => {
    const aws = keep(await startAws());
    const http = keep(new LoopbackHttp());
    const unsigned = await http.send(aws.api.origin, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    });
    expect(JSON.parse(unsigned.text)).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
    const registry = await http.send(`${aws.registry.origin}/v2/`, { headers: basic('AWS', 'guess') });
    expect(registry).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('service="ecr.amazonaws.com"') },
    });
  });

  it('Docker Hub ends sessions after ten minutes and numbers pages of a hundred at most', async () => {
    const clock = new FakeClock();
    const hub = keep(await startDockerHub({ clock, accounts: { acme: 'token' } }));
    const http = keep(new LoopbackHttp());
    hub.content.addRepository('acme/app');
    const login = (secret: string) =>
      http.send(`${hub.hub.origin}/v2/auth/token`, { method: 'POST', body: JSON.stringify({ identifier: 'acme', secret }) });
    expect((await login('wrong')).status).toBe(401);
    const { access_token: session } = JSON.parse((await login('token')).text) as { access_token: string };
    const list = (query: string) =>
      http.send(`${hub.hub.origin}/v2/namespaces/acme/repositories${query}`, { headers: { authorization: `Bearer ${session}` } });
    expect((await list('?page_size=100')).status).toBe(200);
    expect((await list('?page_size=101')).status).toBe(400);
    expect((await list('?page=2')).status).toBe(404);
    await clock.advance(600_000);
    expect((await list('')).status).toBe(401);
  });

  it('Docker Hub grants a token for what may be read, and nothing by it for the rest', async () => {
    const hub = keep(await startDockerHub({ accounts: { acme: 'token' }, private: ['acme'] }));
    const http = keep(new LoopbackHttp());
    hub.content.addTag('acme/app', 'latest', 0);
    const token = async (headers: Record<string, string>) => {
      const answer = await http.send(`${hub.registry.origin}/token?service=registry.docker.io&scope=repository:acme/app:pull`, { headers });
      return (JSON.parse(answer.text) as { token: string }).token;
    };
    const read = async (bearer: string) =>
      (
        await http.send(`${hub.registry.origin}/v2/acme/app/manifests/latest`, {
          method: 'HEAD',
          headers: { authorization: `Bearer ${bearer}` },
        })
      ).status;
    expect(await read(await token({}))).toBe(401);
    expect(await read(await token(basic('acme', 'token')))).toBe(200);
    expect((await http.send(`${hub.registry.origin}/token?service=registry.docker.io`, { headers: basic('acme', 'wrong') })).status).toBe(
      401,
    );
  });

  it('Harbor wants a slash encoded twice, pages of a hundred at most, and tells numbers from names', async () => {
    const harbor = keep(await startHarbor({ users: { ana: 'p' }, projects: { '7': { public: false, members: ['ana'] } } }));
    const http = keep(new LoopbackHttp());
    harbor.content.addTag('7/a/b', 'latest', 0);
    const headers = { ...basic('ana', 'p'), 'x-is-resource-name': 'true' };
    const api = `${harbor.service.origin}/api/v2.0/projects/7/repositories`;
    expect((await http.send(`${api}/a%252Fb/artifacts`, { headers })).status).toBe(200);
    expect((await http.send(`${api}/a%2Fb/artifacts`, { headers })).status).toBe(404);
    expect((await http.send(`${api}/a/b/artifacts`, { headers })).status).toBe(404);
    expect((await http.send(`${api}?page_size=101`, { headers })).status).toBe(422);
    expect((await http.send(api, { headers: basic('ana', 'p') })).status).toBe(404);
    expect((await http.send(api, { headers: basic('ana', 'wrong') })).status).toBe(401);
  });

  it('LoopbackHttp sends nothing to anybody else', async () => {
    const http = keep(new LoopbackHttp());
    for (const url of ['https://hub.docker.com/', 'http://169.254.169.254/latest', 'http://127.0.0.1.evil.example/', 'http://localhost/']) {
      await expect(http.send(url)).rejects.toThrow('is not loopback');
    }
  });
});
