import { EventEmitter } from 'node:events';

/** What happened, by name. Payloads are hints: who needs the truth reads the row. */
export interface HubEventMap {
  /** A registry was created or edited. */
  'registry.changed': { id: string };
  'registry.removed': { id: string };
  /** A check of a registry ended. */
  'registry.checked': { id: string; state: 'ok' | 'degraded' | 'failing' };
  /** Of the registry of that id: issued, renewed, could not be renewed, or a next one was prepared or tested. */
  'credential.changed': { id: string };
  /** An alert of the registry of that id was raised, acknowledged or cleared. */
  'alert.changed': { id: string };
  /** A copy was asked for, moved on (once a second at most) or ended. `id` is its destination's registry; the copy may be read by whoever sees both ends. */
  'copy.changed': { id: string; copy: string; state: 'queued' | 'running' | 'done' | 'failed' | 'canceled' };
  /** A sync rule was edited or removed, or a run of it began, moved on or ended. `id` is its destination's registry. */
  'sync.changed': { id: string; rule: string; run?: string; removed?: true };
  /** This hub wrote to a repository of the registry of that id. */
  'repository.written': { id: string; repository: string };
}

export type HubEventName = keyof HubEventMap;

/** Reports a listener's failure; listeners never break the one who emits. */
export type ListenerFailure = (event: HubEventName, error: unknown) => void;

/** Events inside one hub process. Emitted after the commit of what they tell of; lost without harm. */
export class HubEvents {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #onFailure: ListenerFailure;

  constructor(onFailure: ListenerFailure = () => {}) {
    this.#onFailure = onFailure;
  }

  emit<N extends HubEventName>(event: N, payload: HubEventMap[N]): void {
    this.#emitter.emit('*', event, payload);
    this.#emitter.emit(event, payload);
  }

  /** Listens to one event; call the answer to stop. */
  on<N extends HubEventName>(event: N, listener: (payload: HubEventMap[N]) => void | Promise<void>): () => void {
    const guarded = (payload: HubEventMap[N]) => this.#run(event, () => listener(payload));
    this.#emitter.on(event, guarded);
    return () => this.#emitter.off(event, guarded);
  }

  /** Listens to every event; call the answer to stop. */
  onAny(listener: <N extends HubEventName>(event: N, payload: HubEventMap[N]) => void | Promise<void>): () => void {
    const guarded = <N extends HubEventName>(event: N, payload: HubEventMap[N]) => this.#run(event, () => listener(event, payload));
    this.#emitter.on('*', guarded);
    return () => this.#emitter.off('*', guarded);
  }

  #run(event: HubEventName, listener: () => void | Promise<void>): void {
    try {
      const running = listener();
      if (running) running.catch((error: unknown) => this.#onFailure(event, error));
    } catch (error) {
      this.#onFailure(event, error);
    }
  }
}
