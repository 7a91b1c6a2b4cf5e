import { describe, expect, it } from 'vitest';
import { type BenchHub, credentialBench } from '../../../test/support/credential-bench.ts';
import { Conflict, Forbidden, InvalidSettings, NotFound } from '../../core/errors.ts';
import type { DoctorReport } from '../types.ts';

const day = 24 * 3_600_000;

async function testNext(hub: BenchHub): Promise<DoctorReport> {
  const run = hub.registries.credentials.testNext(hub.admin, 'prod', {}, AbortSignal.timeout(10_000));
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
  }
}

describe('the next credential', () => {
  it('is prepared and tested beside the one in use, promoted, and gone back from', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    const { version } = await bench.connect(hub, { secretEndsAt: '2027-01-31' });
    expect(await bench.read(hub)).toBe('geheim-key-1-1');
    bench.issuer.keys.add('key-2');

    const prepared = await credentials.setNext(hub.admin, 'prod', { fields: { key: 'key-2' }, secretEndsAt: '2028-01-31' }, version);
    expect(prepared).toMatchObject({
      version: version + 1,
      next: { signIn: 'key', secretsSet: ['key'], secretsLost: false, createdBy: 'ana', secretEndsAt: Date.UTC(2028, 0, 31) },
    });
    expect(prepared.next?.test).toBeUndefined();
    expect(bench.issuer.issued).toBe(1);
    expect(await bench.read(hub)).toBe('geheim-key-1-1');

    await expect(credentials.promote(hub.admin, 'prod', {})).rejects.toBeInstanceOf(Conflict);
    await bench.clock.advance(1000);
    expect(await testNext(hub)).toMatchObject({ state: 'ok' });
    expect((await credentials.get(hub.admin, 'prod')).next?.test).toMatchObject({ report: { state: 'ok' }, outdated: false });

    const promoted = await credentials.promote(hub.admin, 'prod', {}, prepared.version);
    expect(promoted).toMatchObject({ version: version + 2, previous: { signIn: 'key', secretEndsAt: Date.UTC(2027, 0, 31) } });
    expect(promoted.next).toBeUndefined();
    expect((await hub.registries.get(hub.admin, 'prod')).secretEndsAt).toBe(Date.UTC(2028, 0, 31));
    expect(await bench.read(hub)).toMatch(/^geheim-key-2-/);

    await bench.clock.advance(1000);
    const back = await credentials.rollBack(hub.admin, 'prod', promoted.version);
    expect(back).toMatchObject({ version: version + 3, next: { signIn: 'key' } });
    expect(back.previous).toBeUndefined();
    expect(back.next?.test).toBeUndefined();
    expect(await bench.read(hub)).toMatch(/^geheim-key-1-/);

    const actions = (await hub.audit.list({ action: 'registry' })).items.map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith('registry.credential'))).toEqual([
      'registry.credential-rollback',
      'registry.credential-promote',
      'registry.credential-next',
    ]);
    const { items } = await hub.audit.list({ action: 'registry.credential-promote' });
    expect(items[0]).toMatchObject({ actor: { name: 'ana' }, after: { secretsSet: ['key (set)'] } });
    expect(JSON.stringify(items)).not.toMatch(/key-\d/);
  });

  it('may be of another way of signing in', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    await bench.connect(hub);
    await bench.read(hub);
    bench.accept('s3cret');
    await hub.registries.credentials.setNext(hub.admin, 'prod', { signIn: 'token', fields: { token: 's3cret' } });
    await bench.clock.advance(1000);
    expect(await testNext(hub)).toMatchObject({ state: 'ok' });
    await hub.registries.credentials.promote(hub.admin, 'prod', {});
    expect(await hub.registries.get(hub.admin, 'prod')).toMatchObject({ signIn: 'token', secretsSet: ['token'], settings: {} });
    expect(await bench.read(hub)).toBe('s3cret');
    await hub.registries.credentials.rollBack(hub.admin, 'prod');
    expect(await hub.registries.get(hub.admin, 'prod')).toMatchObject({ signIn: 'key', secretsSet: ['key'] });
    expect(await bench.read(hub)).toMatch(/^geheim-key-1-/);
  });

  it('that does not work is kept out, unless it is forced', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    await bench.connect(hub);
    await credentials.setNext(hub.admin, 'prod', { fields: { key: 'wrong' } });
    await bench.clock.advance(1000);
    expect(await testNext(hub)).toMatchObject({ state: 'failing' });
    await expect(credentials.promote(hub.admin, 'prod', {})).rejects.toThrow(/The test of the next credential failed/);
    await credentials.promote(hub.admin, 'prod', { force: true });
    await expect(bench.read(hub)).rejects.toMatchObject({ code: 'credential_refused' });
    expect((await hub.audit.list({ action: 'registry.credential-promote' })).items[0]?.detail).toMatch(/^Forced: /);
    await credentials.rollBack(hub.admin, 'prod');
    expect(await bench.read(hub)).toMatch(/^geheim-key-1-/);
  });

  it('has to be tested again after the registry was changed', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    await bench.connect(hub);
    bench.issuer.keys.add('key-2');
    await credentials.setNext(hub.admin, 'prod', { fields: { key: 'key-2' } });
    await bench.clock.advance(1000);
    await testNext(hub);
    await bench.clock.advance(1000);
    await hub.registries.update(hub.admin, 'prod', { description: 'ours' });
    expect((await credentials.get(hub.admin, 'prod')).next?.test?.outdated).toBe(false);
    await hub.registries.update(hub.admin, 'prod', { namespace: 'team' });
    expect((await credentials.get(hub.admin, 'prod')).next?.test?.outdated).toBe(true);
    await expect(credentials.promote(hub.admin, 'prod', {})).rejects.toThrow(/was changed since/);
  });

  it('goes when the registry is sent to another address: it was not entered for that', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    await bench.connect(hub);
    await credentials.setNext(hub.admin, 'prod', { fields: { key: 'key-2' } });
    await hub.registries.update(hub.admin, 'prod', { url: 'http://localhost:1', fields: { key: 'entered again' } });
    const detail = await credentials.get(hub.admin, 'prod');
    expect(detail.next).toBeUndefined();
    await expect(credentials.promote(hub.admin, 'prod', { force: true })).rejects.toBeInstanceOf(NotFound);
  });

  it('is checked and guarded as an edit is', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    const { version } = await bench.connect(hub);
    const refused = (input: Parameters<typeof credentials.setNext>[2]) =>
      expect(credentials.setNext(hub.admin, 'prod', input)).rejects.toBeInstanceOf(InvalidSettings);
    await refused({ signIn: 'token' });
    await refused({ fields: { colour: 'red' } });
    await refused({ fields: { region: 'eu', key: 'key-2' } });
    await refused({ fields: { key: '' } });
    await refused({ fields: { key: 'key-2' }, secretEndsAt: 'soon' });
    await expect(credentials.setNext(hub.principal('eve', 'viewer'), 'prod', { fields: { key: 'x' } })).rejects.toBeInstanceOf(Forbidden);
    await expect(credentials.setNext(hub.admin, 'prod', { fields: { key: 'x' } }, version + 1)).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    const operator = hub.principal('otto', 'operator');
    await expect(credentials.setNext(operator, 'prod', { sources: { key: 'env:HOME' } })).rejects.toThrow(/administrator/);
    expect((await credentials.get(hub.admin, 'prod')).next).toBeUndefined();
    expect((await hub.registries.get(hub.admin, 'prod')).version).toBe(version);
  });

  it('of two who change it at once is that of one, and the other is told', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    const { version } = await bench.connect(hub);
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((key) => credentials.setNext(hub.admin, 'prod', { fields: { key } }, version)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('stays when one goes back while it is prepared; then the one that was left is the previous one', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    await bench.connect(hub);
    bench.issuer.keys.add('key-2');
    await credentials.setNext(hub.admin, 'prod', { fields: { key: 'key-2' } });
    await credentials.promote(hub.admin, 'prod', { force: true });
    await credentials.setNext(hub.admin, 'prod', { fields: { key: 'key-3', account: 'third' } });
    const back = await credentials.rollBack(hub.admin, 'prod');
    expect(back).toMatchObject({ next: { settings: { account: 'third' } }, previous: { signIn: 'key' } });
    expect(await bench.read(hub)).toMatch(/^geheim-key-1-/);
    await credentials.rollBack(hub.admin, 'prod');
    expect(await bench.read(hub)).toMatch(/^geheim-key-2-/);
  });

  it('can be discarded; the previous one too, which goes by itself after 30 days', async () => {
    await using bench = await credentialBench();
    await using hub = await bench.start();
    const { credentials } = hub.registries;
    await bench.connect(hub);
    await credentials.setNext(hub.admin, 'prod', { fields: { key: 'key-2' } });
    expect((await credentials.discard(hub.admin, 'prod', 'next')).next).toBeUndefined();
    await expect(credentials.discard(hub.admin, 'prod', 'next')).rejects.toBeInstanceOf(NotFound);
    await credentials.setNext(hub.admin, 'prod', { fields: { key: 'key-2' } });
    await credentials.promote(hub.admin, 'prod', { force: true });
    await bench.clock.advance(29 * day);
    await credentials.sweep();
    expect((await credentials.get(hub.admin, 'prod')).previous).toBeDefined();
    await bench.clock.advance(2 * day);
    await credentials.sweep();
    expect((await credentials.get(hub.admin, 'prod')).previous).toBeUndefined();
  });
});
