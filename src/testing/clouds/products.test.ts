import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { type FakeService, LoopbackHttp, startArtifactory, startEcrPublic, startNexus, startQuay } from './index.ts';

/** The fakes are strict where the real services are: a client that is wrong must not pass by them. */
describe('fake products', () => {
  const open: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(service: T): T => {
    open.push(service);
    return service;
  };
  afterEach(() => Promise.all(open.splice(0).map((service) => service.close())));
  const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });
  const ask = async (service: FakeService, path: string, headers: Record<string, string> = {}) => {
    const { status, text } = await keep(new LoopbackHttp()).send(`${service.origin}${path}`, { headers });
    return { status, body: (/^[[{]/.test(text) ? JSON.parse(text) : text) as Record<string, unknown> };
  };

  it('Quay refuses the usual scope of the catalog, robots at its API, and passwords of federation past their end', async () => {
    const clock = new FakeClock();
    const { service, issuer } = keep(
      await startQuay({ clock, robots: { 'acme+ci': 't' }, federation: { 'acme+ci': 'me' }, private: ['acme'] }),
    );
    expect((await ask(service, '/v2/auth?scope=registry:catalog:*', basic('acme+ci', 't'))).status).toBe(400);
    expect((await ask(service, '/v2/auth')).status).toBe(401);
    expect((await ask(service, '/v2/auth', basic('acme+ci', 'wrong'))).status).toBe(401);
    expect((await ask(service, '/api/v1/repository/acme/app/tag/', basic('acme+ci', 't'))).status).toBe(401);
    const exchange = (subject: string) =>
      ask(service, '/oauth2/federation/robot/token', basic('acme+ci', issuer.issue({ sub: subject }, 60)));
    expect((await exchange('other')).status).toBe(401);
    const password = String((await exchange('me')).body['token']);
    expect((await ask(service, '/v2/auth', basic('acme+ci', password))).status).toBe(200);
    expect((await ask(service, '/v2/auth', basic('acme+other', password))).status).toBe(401);
    await clock.advance(3600_000);
    expect((await ask(service, '/v2/auth', basic('acme+ci', password))).status).toBe(401);
  });

  it('Artifactory wants three fields of AQL, and plain text', async () => {
    const { service } = keep(await startArtifactory({ users: { ci: ['p'] }, repositories: { local: 'LOCAL' } }));
    const http = keep(new LoopbackHttp());
    const search = async (body: string, headers: Record<string, string> = { 'content-type': 'text/plain' }) =>
      (
        await http.send(`${service.origin}/artifactory/api/search/aql`, {
          method: 'POST',
          body,
          headers: { ...basic('ci', 'p'), ...headers },
        })
      ).status;
    const query = (fields: string) =>
      `items.find({"repo":"local","path":{"$match":"a/*"},"$or":[{"name":"manifest.json"}]}).include(${fields}).sort({"$asc":["path"]}).offset(0).limit(9)`;
    expect(await search(query('"repo","path","name"'))).toBe(200);
    expect(await search(query('"path","name"'))).toBe(400);
    expect(await search(query('"repo","path","name"'), { 'content-type': 'application/json' })).toBe(415);
    expect(await search(query('"repo","path","name"'), basic('ci', 'wrong'))).toBe(401);
  });

  it('Nexus knows its cursors by their search only, and nothing but the registry at a connector', async () => {
    const nexus = keep(await startNexus({ users: { ci: 'p' }, repositories: { hosted: [] }, connector: 'hosted' }));
    for (let i = 0; i < 60; i++) nexus.content.addTag('hosted/app', `1.${i}`, 0);
    const search = (query: string) => ask(nexus.service, `/service/rest/v1/search?repository=hosted&${query}`, basic('ci', 'p'));
    const token = String((await search('docker.imageName=app')).body['continuationToken']);
    expect((await search(`docker.imageName=app&continuationToken=${token}`)).body['continuationToken']).toBeNull();
    expect((await search(`docker.imageName=other&continuationToken=${token}`)).status).toBe(406);
    expect((await ask(nexus.registry, '/service/rest/v1/repositories', basic('ci', 'p'))).status).toBe(404);
    expect((await ask(nexus.registry, '/v2/', basic('ci', 'wrong'))).status).toBe(401);
  });

  it('ECR Public takes no unsigned call, no scope “aws”, and no password but its own', async () => {
    const ecr = keep(await startEcrPublic());
    const http = keep(new LoopbackHttp());
    const unsigned = await http.send(ecr.api.origin, { method: 'POST', body: '{}' });
    expect(JSON.parse(unsigned.text)).toMatchObject({ __type: expect.stringContaining('MissingAuthenticationTokenException') });
    expect((await ask(ecr.registry, '/token/?service=public.ecr.aws&scope=aws')).status).toBe(400);
    expect((await ask(ecr.registry, '/token/?service=public.ecr.aws', basic('AWS', 'guess'))).status).toBe(403);
    expect((await ask(ecr.registry, '/token/?service=public.ecr.aws')).status).toBe(200);
  });
});
