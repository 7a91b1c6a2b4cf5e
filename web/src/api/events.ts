import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { keys } from './queries.ts';

/** Keeps what is on screen current: the hub says what changed, the page asks for it again, at most once a second. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const source = new EventSource('/api/v1/events');
    let timer: ReturnType<typeof setTimeout> | undefined;
    const touched = new Set<string>();
    const flush = () => {
      timer = undefined;
      void client.invalidateQueries({ queryKey: keys.alerts });
      void client.invalidateQueries({ queryKey: ['credential'] });
      void client.invalidateQueries({ queryKey: keys.registries });
      void client.invalidateQueries({ queryKey: ['registry'] });
      for (const id of touched) void client.invalidateQueries({ queryKey: keys.check(id) });
      touched.clear();
    };
    const onChange = (message: MessageEvent<string>) => {
      const change = readChange(message.data);
      if (change === undefined || !/^(?:registry|credential|alert)\./.test(change.type)) return;
      if (change.id !== undefined) touched.add(change.id);
      timer ??= setTimeout(flush, 1000);
    };
    // What happened while the connection was down was missed: read again.
    let interrupted = false;
    source.addEventListener('error', () => {
      interrupted = true;
    });
    source.addEventListener('open', () => {
      if (interrupted) timer ??= setTimeout(flush, 0);
      interrupted = false;
    });
    source.addEventListener('change', onChange);
    return () => {
      if (timer !== undefined) clearTimeout(timer);
      source.close();
    };
  }, [client]);
}

function readChange(data: string): { type: string; id?: string } | undefined {
  try {
    const value = JSON.parse(data) as { type?: unknown; id?: unknown };
    if (typeof value.type !== 'string') return undefined;
    return typeof value.id === 'string' ? { type: value.type, id: value.id } : { type: value.type };
  } catch {
    // A hint that cannot be read is no hint: the lists also refresh on focus.
    return undefined;
  }
}
