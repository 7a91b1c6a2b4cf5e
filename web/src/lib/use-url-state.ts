import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/** One value in the address's query. Empty or standard values are left out of it. Replaces the history entry: Back leaves the page. */
export function useUrlState(name: string, standard = ''): [string, (value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setSearch(
        () => {
          // As it is now, not as this hook saw it last: several values may be set one after the other, as when filters are cleared.
          const next = new URLSearchParams(window.location.search);
          if (value === '' || value === standard) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [setSearch, name, standard],
  );
  return [search.get(name) ?? standard, set];
}

/** One of fixed values; anything else in the address counts as the standard one. */
export function useUrlChoice<T extends string>(name: string, choices: readonly T[], standard: T): [T, (value: T) => void] {
  const [value, set] = useUrlState(name, standard);
  return [choices.find((choice) => choice === value) ?? standard, set];
}
