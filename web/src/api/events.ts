import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keys } from './queries.ts';

const ofRegistries: readonly (readonly string[])[] = [keys.alerts, ['credential'], keys.registries, ['registry']];

/** What is read again after a change, by the first word of its type. */
const affected: Readonly<Record<string, readonly (readonly string[])[]>> = {
  registry: ofRegistries,
  credential: ofRegistries,
  alert: ofRegistries,
  sync: [keys.syncRules, ['sync-rule'], ['sync-runs'], ['sync-run']],
  copy: [keys.copies, ['copy']],
  repository: [['tags'], ['image'], ['repositories']],
};

/** What one change makes stale: of copies that move on only what shows them, of a repository that was written to only what is in it. */
function staleBy(change: Change): readonly (readonly string[])[] {
  const topic = change.type.split('.')[0] ?? '';
  if (topic === 'copy' && change.copy !== undefined) {
    const open = change.state === 'queued' || change.state === 'running';
    return [open ? [...keys.copies, 'open'] : keys.copies, keys.copy(change.copy)];
  }
  if (topic === 'repository' && change.name !== undefined && change.repository !== undefined) {
    const place = [change.name, change.repository];
    return [
      ['tags', ...place],
      ['image', ...place],
    ];
  }
  return Object.hasOwn(affected, topic) ? (affected[topic] ?? []) : [];
}

/** Keeps what is on screen current: the hub says what changed, the page asks for it again, at most once a second. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const source = new EventSource('/api/v1/events');
    let timer: ReturnType<typeof setTimeout> | undefined;
    const touched = new Set<string>();
    const stale = new Map<string, readonly string[]>();
    let flushed = 0;
    const flush = () => {
      timer = undefined;
      flushed = Date.now();
      for (const queryKey of stale.values()) void client.invalidateQueries({ queryKey });
      for (const id of touched) void client.invalidateQueries({ queryKey: keys.check(id) });
      touched.clear();
      stale.clear();
    };
    // The first change shows at once, those that follow with the second.
    const schedule = () => {
      timer ??= setTimeout(flush, Math.max(50, flushed + 1000 - Date.now()));
    };
    const add = (queries: readonly (readonly string[])[]) => {
      for (const key of queries) stale.set(key.join(' '), key);
    };
    const onChange = (message: MessageEvent<string>) => {
      const change = readChange(message.data);
      if (change === undefined) return;
      const queries = staleBy(change);
      if (queries.length === 0) return;
      add(queries);
      if (change.id !== undefined && queries === ofRegistries) touched.add(change.id);
      schedule();
    };
    // What happened while the connection was down was missed: read again.
    let interrupted = false;
    source.addEventListener('error', () => {
      interrupted = true;
    });
    source.addEventListener('open', () => {
      if (interrupted) {
        for (const queries of Object.values(affected)) add(queries);
        schedule();
      }
      interrupted = false;
    });
    source.addEventListener('change', onChange);
    return () => {
      if (timer !== undefined) clearTimeout(timer);
      source.close();
    };
  }, [client]);
}

/** A registry's `id` and `name`, and what else a change tells. */
type Change = { type: string } & Partial<Record<'id' | 'name' | 'copy' | 'state' | 'repository', string>>;

function readChange(data: string): Change | undefined {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return undefined;
    const { type, ...rest } = Object.fromEntries(Object.entries(value).filter(([, each]) => typeof each === 'string')) as Record<
      string,
      string
    >;
    return type === undefined ? undefined : { type, ...rest };
  } catch {
    // A hint that cannot be read is no hint: the lists also refresh on focus.
    return undefined;
  }
}
