import { describe, expect, it, vi } from 'vitest';
import { registriesHub } from '../../test/doctor/registries-hub.ts';
import { serve, tinyRegistry } from '../../test/doctor/servers.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { RegistryChecker } from './checker.ts';

type Hub = Awaited<ReturnType<typeof registriesHub>>;

function checkerOf(hub: Hub, onFailure?: (id: string, error: unknown) => void) {
  return new RegistryChecker({
    registries: hub.registries,
    store: hub.store,
    events: hub.events,
    clock: hub.clock,
    ...(onFailure && { onFailure }),
  });
}

const checked = (hub: Hub, count: number, seen: { id: string; state: string }[] = []) => {
  hub.events.on('registry.checked', (event) => {
    seen.push(event);
  });
  return { seen, all: () => vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(count), { timeout: 10_000 }) };
};

/** Moves the fake clock until something has happened. */
async function until(clock: FakeClock, step: number, happened: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !happened(); i++) {
    await clock.advance(step);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(happened()).toBe(true);
}

describe('RegistryChecker', () => {
  it('checks what was never checked, a few at once, and plans the next in about an hour', async () => {
    let open = 0;
    let most = 0;
    const listener = tinyRegistry();
    await using server = await serve((request, response) => {
      if (request.url === '/v2/') most = Math.max(most, ++open);
      setTimeout(() => {
        if (request.url === '/v2/') open--;
        listener(request, response);
      }, 20);
    });
    const clock = new FakeClock(Date.now());
    await using hub = await registriesHub({ clock });
    for (let i = 0; i < 10; i++) {
      await hub.registries.create(hub.admin, { name: `r${i}`, url: `http://${server.host}`, signIn: 'anonymous' });
    }
    const events = checked(hub, 10);
    const checker = checkerOf(hub);
    checker.start();
    await events.all();
    await checker.stop();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    for (const { check } of await hub.registries.list(hub.admin)) {
      expect(check).toMatchObject({ state: 'ok', since: clock.now(), checkedAt: clock.now() });
      expect(Math.abs((check?.nextAt ?? 0) - clock.now() - 3_600_000)).toBeLessThanOrEqual(360_000);
    }
    expect((await hub.registries.list(hub.admin, { state: 'ok' })).length).toBe(10);
  });

  it('keeps since when it fails, notices the recovery, and survives a restart', async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await registriesHub({ clock });
    let broken = false;
    const listener = tinyRegistry();
    await using server = await serve((request, response) => {
      response.setHeader('date', new Date(clock.now()).toUTCString());
      if (broken) response.writeHead(503).end();
      else listener(request, response);
    });
    await hub.registries.create(hub.admin, { name: 'r', url: `http://${server.host}`, signIn: 'anonymous' });
    const { seen, all } = checked(hub, 1);
    const first = checkerOf(hub);
    first.start();
    await all();
    await first.stop();

    broken = true;
    const second = checkerOf(hub);
    second.start();
    await until(clock, 60_000, () => seen.length === 2);
    const failing = (await hub.registries.get(hub.admin, 'r')).check;
    expect(failing).toMatchObject({ state: 'failing', code: 'registry_unavailable' });
    // What may be over soon is looked at again after some ten minutes.
    await until(clock, 60_000, () => seen.length === 3);
    const still = (await hub.registries.get(hub.admin, 'r')).check;
    expect(still?.since).toBe(failing?.since);
    expect((still?.checkedAt ?? 0) - (failing?.checkedAt ?? 0)).toBeLessThan(15 * 60_000);
    broken = false;
    await until(clock, 60_000, () => seen.length === 4);
    const back = (await hub.registries.get(hub.admin, 'r')).check;
    expect(back?.state).toBe('ok');
    expect(back?.since).toBeGreaterThan(still?.since ?? 0);
    await second.stop();
    expect(await hub.registries.lastReport(hub.admin, 'r')).toMatchObject({ state: 'ok' });
  });

  it('checks again soon after an edit', async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await registriesHub({ clock });
    await using server = await serve(tinyRegistry({ users: { ci: 'right' } }));
    await hub.registries.create(hub.admin, {
      name: 'r',
      url: `http://${server.host}`,
      signIn: 'password',
      fields: { username: 'ci', password: 'wrong' },
    });
    const { seen, all } = checked(hub, 1);
    const checker = checkerOf(hub);
    checker.start();
    await all();
    expect((await hub.registries.get(hub.admin, 'r')).check).toMatchObject({ state: 'failing', code: 'password_rejected' });
    await hub.registries.update(hub.admin, 'r', { fields: { password: 'right' } });
    await until(clock, 1000, () => seen.length === 2);
    expect((await hub.registries.get(hub.admin, 'r')).check?.state).toBe('ok');
    await checker.stop();
  });

  it('does not keep what it found of settings that were edited meanwhile', async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await registriesHub({ clock });
    let edited = false;
    const listener = tinyRegistry({ users: { ci: 'right' } });
    await using server = await serve((request, response) => {
      if (edited) return listener(request, response);
      edited = true;
      void hub.registries.update(hub.admin, 'r', { fields: { password: 'right' } }).then(() => listener(request, response));
    });
    const fields = { username: 'ci', password: 'wrong' };
    await hub.registries.create(hub.admin, { name: 'r', url: `http://${server.host}`, signIn: 'password', fields });
    const { seen } = checked(hub, 1);
    const checker = checkerOf(hub);
    checker.start();
    await until(clock, 1000, () => seen.length > 0);
    await checker.stop();
    expect(seen).toMatchObject([{ state: 'ok' }]);
  });

  it('goes on when a check fails in the hub itself, and says so', async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await registriesHub({ clock });
    await using server = await serve(tinyRegistry());
    const bad = await hub.registries.create(hub.admin, { name: 'a-bad', url: 'localhost', signIn: 'anonymous' });
    await hub.registries.create(hub.admin, { name: 'good', url: `http://${server.host}`, signIn: 'anonymous' });
    await hub.store.db.updateTable('registries').set({ provider: 'withdrawn' }).where('id', '=', bad.id).execute();
    const failures: string[] = [];
    const { seen, all } = checked(hub, 1);
    const checker = checkerOf(hub, (id) => failures.push(id));
    checker.start();
    await all();
    await vi.waitFor(() => expect(failures).toEqual([bad.id]));
    await clock.advance(4000);
    await checker.stop();
    expect(seen).toMatchObject([{ state: 'ok' }]);
    expect(failures).toEqual([bad.id]);
  });
});
