import { useQuery, useQueryClient } from '@tanstack/react-query';
import { hub, setCsrf } from './client.ts';
import { ApiError } from './problem.ts';
import type { Page, Registry, Session } from './types.ts';

/** Query keys: the first word names the thing, then what narrows it. */
export const keys = {
  about: ['about'] as const,
  session: ['session'] as const,
  providers: ['providers'] as const,
  registries: ['registries'] as const,
  registry: (name: string) => ['registry', name] as const,
  check: (id: string) => ['check', id] as const,
  credential: (id: string) => ['credential', id] as const,
  alerts: ['alerts'] as const,
  references: (id: string) => ['references', id] as const,
  repositories: (registry: string, q: string) => ['repositories', registry, q] as const,
  tags: (registry: string, repository: string, sort: string, filter: string) => ['tags', registry, repository, sort, filter] as const,
  image: (registry: string, repository: string, reference: string, platform: string) =>
    ['image', registry, repository, reference, platform] as const,
  referrers: (registry: string, repository: string, digest: string) => ['referrers', registry, repository, digest] as const,
  search: (q: string) => ['search', q] as const,
  copies: ['copies'] as const,
  copy: (id: string) => ['copy', id] as const,
  syncRules: ['sync-rules'] as const,
  syncRule: (id: string) => ['sync-rule', id] as const,
  syncRuns: (rule: string) => ['sync-runs', rule] as const,
  syncRun: (id: string) => ['sync-run', id] as const,
  audit: ['audit'] as const,
  users: ['users'] as const,
  tokens: ['tokens'] as const,
  projects: ['projects'] as const,
};

export function useAbout() {
  return useQuery({ queryKey: keys.about, queryFn: ({ signal }) => hub.getAbout({ signal }), staleTime: 60_000 });
}

/** Who is signed in; `null` for nobody. */
export function useSession() {
  return useQuery({
    queryKey: keys.session,
    queryFn: async ({ signal }): Promise<Session | null> => {
      // Only those who are signed in are told the store: asking first spares a request that is known to be refused.
      const about = await hub.getAbout({ signal });
      if (about.store === undefined) return null;
      try {
        const session = await hub.getSession({ signal });
        setCsrf(session.csrf);
        return session;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 5 * 60_000,
  });
}

/** Whether the signed-in person may do something anywhere; the hub decides again for each registry. */
export function useMay(): (permission: string) => boolean {
  const session = useSession();
  const permissions = session.data?.permissions ?? [];
  return (permission) => permissions.includes(permission);
}

export function useProviders() {
  return useQuery({
    queryKey: keys.providers,
    queryFn: ({ signal }) => hub.listProviders({ signal }),
    select: (page) => page.items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Every registry that the caller may see: all pages, because sorting and filtering happen here. */
export function useRegistries() {
  return useQuery({
    queryKey: keys.registries,
    queryFn: async ({ signal }): Promise<Page<Registry>> => {
      const items: Registry[] = [];
      let cursor: string | undefined;
      do {
        const page = await hub.listRegistries({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) }, { signal });
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      return { items };
    },
  });
}

export function useRegistry(name: string) {
  const client = useQueryClient();
  return useQuery({
    queryKey: keys.registry(name),
    queryFn: ({ signal }) => hub.getRegistry(name, { signal }),
    // The list knows it already: show that at once, and settle with the hub's answer.
    placeholderData: () =>
      client.getQueryData<Page<Registry>>(keys.registries)?.items.find((registry) => registry.name === name || registry.id === name),
  });
}

/** Alerts of all registries that the caller may see, with their counts. */
export function useAlerts() {
  return useQuery({ queryKey: keys.alerts, queryFn: ({ signal }) => hub.listAlerts({}, { signal }) });
}

export function useProjects(enabled = true) {
  return useQuery({
    queryKey: keys.projects,
    queryFn: ({ signal }) => hub.listProjects({ limit: 1000 }, { signal }),
    select: (page) => page.items,
    enabled,
  });
}

/** A person's name by id: the own one, or with the right to see people anybody's. Undefined while or where it is not known. */
export function useUserName(id: string | undefined): string | undefined {
  const session = useSession();
  const may = useMay();
  const own = session.data?.user;
  const users = useQuery({
    queryKey: keys.users,
    queryFn: ({ signal }) => hub.listUsers({ limit: 1000 }, { signal }),
    enabled: id !== undefined && id !== own?.id && may('user:read'),
  });
  const user = id === own?.id ? own : users.data?.items.find((each) => each.id === id);
  return user?.displayName ?? user?.name;
}
