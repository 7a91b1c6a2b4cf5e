import { AsyncLocalStorage } from 'node:async_hooks';
import { HubError } from '../core/errors.ts';

interface Scope {
  owner: TransactionScope;
  open: boolean;
  outer: Scope | undefined;
}

const current = new AsyncLocalStorage<Scope>();

/**
 * Knows whether the running code is inside one of the store's transactions. There, `db` must not be used: on SQLite, with its
 * one connection, that would wait for ever; on PostgreSQL it would read and write outside the transaction. Both are refused
 * alike, at once. Work that outlives the transaction (a timer that it started) is not affected.
 */
export class TransactionScope {
  async run<T>(work: () => Promise<T>): Promise<T> {
    const scope: Scope = { owner: this, open: true, outer: current.getStore() };
    try {
      return await current.run(scope, work);
    } finally {
      scope.open = false;
    }
  }

  /** Throws `store_misused` inside an open transaction of this store. */
  assertOutside(): void {
    for (let scope = current.getStore(); scope; scope = scope.outer) {
      if (scope.open && scope.owner === this) {
        throw new HubError('The store was used past its open transaction: use the transaction that was handed to you.', 'store_misused');
      }
    }
  }
}
