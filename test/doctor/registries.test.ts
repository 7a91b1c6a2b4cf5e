import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RegistrySetUp, type RunningRegistry, registrySetUps } from '../support/registry-setups.ts';
import { examine } from './examine.ts';

/** What a person enters for a registry that is running. */
function entered(registry: RunningRegistry, password = registry.password) {
  return {
    url: registry.url,
    ...(registry.username === undefined
      ? { signIn: 'anonymous' }
      : { signIn: 'password', fields: { username: registry.username, password: password ?? '' } }),
    ...(registry.ca !== undefined && { connection: { tls: 'ca' as const, ca: registry.ca } }),
  };
}

describe.each(registrySetUps)('the doctor at $name', (setUp: RegistrySetUp) => {
  let registry: RunningRegistry;
  beforeAll(async () => {
    registry = await setUp.start();
  });
  afterAll(() => registry.stop());

  it('finds everything in order', async () => {
    const { report, step } = await examine(entered(registry), { names: [new URL(registry.url).hostname] });
    expect(report.steps.filter(({ state }) => state !== 'ok' && state !== 'skipped')).toEqual([]);
    expect(report).toMatchObject({ state: 'ok', capabilities: { catalog: 'yes' } });
    expect(step('read').summary).toBe('The list of repositories can be read; it is empty');
    if (registry.password !== undefined) expect(JSON.stringify(report)).not.toContain(registry.password);
  });

  it('shows whether pushing is allowed, leaving nothing behind', async () => {
    const { report, step } = await examine(entered(registry), { push: true, repository: 'probe/app' });
    // The repository would come with the first push: that it is not there is said, and the rest is found out.
    expect(report).toMatchObject({ state: 'degraded', code: 'repository_not_found', capabilities: { push: 'yes' } });
    expect(step('capabilities').state).toBe('ok');
    const after = await examine(entered(registry));
    expect(after.step('read').summary).toBe('The list of repositories can be read; it is empty');
  });

  it('tells a wrong password from everything else', async () => {
    if (registry.username === undefined) return;
    const { report, step } = await examine(entered(registry, 'not-the-password'));
    expect(report).toMatchObject({ state: 'failing', code: 'password_rejected' });
    expect(step('token')).toMatchObject({ state: 'failed', field: 'fields.password' });
    expect(JSON.stringify(report)).not.toContain('not-the-password');
  });
});
