import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, isUnreachable } from './problem.ts';

function noteSignedOut(error: unknown): void {
  // The session ended elsewhere: ask again who we are, which shows the sign-in page in place.
  if (error instanceof ApiError && error.status === 401) void queryClient.invalidateQueries({ queryKey: ['session'] });
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (query.queryKey[0] !== 'session') noteSignedOut(error);
    },
  }),
  mutationCache: new MutationCache({ onError: noteSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: true,
      // The hub retries registries itself; only a hub that cannot be reached is asked again.
      retry: (failures, error) => failures < 1 && isUnreachable(error),
      retryDelay: 600,
    },
    mutations: { retry: false },
  },
});
