import { describe, expect, it } from 'vitest';
import { HubEvents } from './events.ts';

describe('HubEvents', () => {
  it('tells listeners of one event and of all', () => {
    const events = new HubEvents();
    const seen: unknown[] = [];
    const stop = events.on('registry.changed', ({ id }) => void seen.push(id));
    events.onAny((event, payload) => void seen.push([event, payload]));
    events.emit('registry.changed', { id: 'reg_1' });
    stop();
    events.emit('registry.changed', { id: 'reg_2' });
    expect(seen).toEqual([['registry.changed', { id: 'reg_1' }], 'reg_1', ['registry.changed', { id: 'reg_2' }]]);
  });

  it('reports failing listeners and spares the others', async () => {
    const failures: unknown[] = [];
    const events = new HubEvents((event, error) => failures.push([event, error]));
    let heard = 0;
    events.on('registry.removed', () => {
      throw new Error('at once');
    });
    events.on('registry.removed', () => Promise.reject(new Error('later')));
    events.on('registry.removed', () => {
      heard += 1;
    });
    events.emit('registry.removed', { id: 'reg_1' });
    await Promise.resolve();
    await Promise.resolve();
    expect(heard).toBe(1);
    expect(failures).toHaveLength(2);
  });
});
