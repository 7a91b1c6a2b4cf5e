import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Tagboat, tagboat } from '../cli/tagboat.ts';
import { type FaultHub, password, startFaultHub } from './fault-hub.ts';
import { type Answer, cut, type HostileServer, json, startHostile } from './hostile.ts';

let cli: Tagboat;
let hub: FaultHub;
let server: HostileServer;
const env = (): Record<string, string> => ({ TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: hub.token });

beforeAll(async () => {
  [cli, hub, server] = await Promise.all([tagboat(), startFaultHub(), startHostile()]);
});
afterAll(async () => {
  await hub.close();
  await cli[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

// oxlint-disable-next-line no-control-regex -- control characters are the subject
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/;
const evil = '\u001b]0;owned\u0007\u202egnp.exe';

/** Answers of a registry, and what the error begins with. Every command is run against the registry itself and by the hub. */
const answers: Record<string, { answer: Answer; begins: RegExp }> = {
  'tags with terminal escapes': { answer: json({ tags: [evil] }), begins: /^Registry: / },
  'a refusal with terminal escapes': { answer: json({ errors: [{ code: evil, message: evil }] }, 403), begins: /^Registry: / },
  'half an answer': { answer: cut('close'), begins: /^Registry: / },
};

describe('tagboat tags', () => {
  it.each(Object.entries(answers))(
    'of a registry that answers %s names it, prints nothing raw, and ends with 1',
    async (name, { answer, begins }) => {
      const repository = `app-${name.length}`;
      server.on(new RegExp(`/${repository}/tags`), answer);
      const registry = await hub.connect(server.url, { name: `evil-${name.length}` });
      const finished = await Promise.all([
        cli.run(['tags', `${server.host}/${repository}`, '--no-hub', '--plain-http'], { env: env() }),
        cli.run(['tags', `${registry.name}/${repository}`], { env: env() }),
        cli.run(['tags', `${registry.name}/${repository}`, '--json'], { env: env() }),
      ]);
      for (const { code, stdout, stderr } of finished) {
        expect({ code, stdout, stderr }).toMatchObject({ code: 1 });
        expect(stdout + stderr).not.toMatch(raw);
        expect(stdout + stderr).not.toContain(password);
        expect(stderr).not.toMatch(/\n\s+at /);
      }
      for (const { stderr } of finished.slice(0, 2)) expect(stderr).toMatch(begins);
    },
  );

  it('shows what there is of a list that breaks off, says so, and ends with 1', async () => {
    server.on(/\/part\/tags/, json({ tags: ['1.0'] }, 200, { link: '</v2/part/tags/list?last=1.0>; rel="next"' }));
    server.on(/\/part\/tags.*last=1\.0/, json('<html>', 200, { 'content-type': 'text/html' }));
    const registry = await hub.connect(server.url, { name: 'part' });
    const finished = await Promise.all([
      cli.run(['tags', `${server.host}/part`, '--no-hub', '--plain-http'], { env: env() }),
      cli.run(['tags', `${registry.name}/part`], { env: env() }),
    ]);
    for (const { code, stdout, stderr } of finished) {
      expect(code).toBe(1);
      expect(stdout).toContain('1.0');
      expect(stderr).toMatch(/^Registry: The list is not whole/);
    }
  });
});

describe('tagboat', () => {
  it('ends with 2 when used wrongly, and repeats nothing raw', async () => {
    const finished = await Promise.all([
      cli.run(['tags', `x/${evil}`], { env: env() }),
      cli.run(['registry', 'add', 'x', '--colour', evil], { env: env() }),
      cli.run([evil]),
    ]);
    for (const { code, stdout, stderr } of finished) {
      expect([1, 2]).toContain(code);
      expect(stdout + stderr).not.toMatch(raw);
    }
    expect(finished.slice(1).map((one) => one.code)).toEqual([2, 2]);
  });

  it('that is answered by no hub says so', async () => {
    await using other = await startHostile();
    other.on(/.*/, json(`<html>${evil}`, 200, { 'content-type': 'text/html' }));
    const finished = await Promise.all([
      cli.run(['registry', 'list'], { env: { ...env(), TAGBOAT_URL: other.url } }),
      cli.run(['registry', 'list'], { env: { ...env(), TAGBOAT_TOKEN: 'tgb_wrong' } }),
      cli.run(['registry', 'list'], { env: { ...env(), TAGBOAT_URL: 'http://127.0.0.1:1' } }),
    ]);
    for (const { code, stdout, stderr } of finished) {
      expect({ code, stderr }).toMatchObject({ code: expect.not.stringMatching('0') });
      expect(code).toBeGreaterThan(0);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^(Hub|You|Registry): /);
      expect(stderr).not.toMatch(raw);
      expect(stderr).not.toContain(hub.token);
    }
  });
});
