import { expect, it } from 'vitest';
import { systemPrincipal } from '../../access/index.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { RecentPlans } from './recent-plans.ts';
import type { SyncSpec } from './types.ts';

const ana = { ...systemPrincipal, id: 'ses_1', userId: 'usr_ana' };
const spec: SyncSpec = { source: { registry: 'a', repositories: ['x'] }, destination: { registry: 'b' } };

it('remembers for an hour what somebody saw a plan of, whatever the order of its members and its times', async () => {
  const clock = new FakeClock();
  const plans = new RecentPlans(clock);
  plans.remember(ana, { ...spec, mode: 'one-way' });
  const same: SyncSpec = {
    mode: 'one-way',
    destination: { registry: 'b' },
    source: { repositories: ['x'], registry: 'a' },
    schedule: { every: '1h' },
  };
  expect(plans.has({ ...ana, id: 'tok_1' }, same)).toBe(true);
  expect(plans.has(ana, { ...same, mode: 'mirror' })).toBe(false);
  expect(plans.has({ ...ana, userId: 'usr_ben' }, same)).toBe(false);
  await clock.advance(60 * 60_000);
  expect(plans.has(ana, same)).toBe(false);
});
