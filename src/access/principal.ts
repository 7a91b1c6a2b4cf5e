import type { Role } from './permissions.ts';

/** Who asks. Made by Sessions and ApiTokens from the rows of the moment, so that a demotion counts at once. */
export interface Principal {
  kind: 'user' | 'token' | 'system';
  /** User id, token id, or `system`. */
  id: string;
  /** The user behind; of a token its owner. Absent for the system. */
  userId?: string;
  name: string;
  role: Role;
  /** Project id → role in that project. */
  projects: ReadonlyMap<string, Role>;
  /** Registry ids that a token is limited to; absent for no such limit. */
  registries?: readonly string[];
  /** The session it came by, for principals of kind `user`. */
  sessionId?: string;
  /** Address that the request came from. */
  address?: string;
}

/** The hub's own background work: may do everything. */
export const systemPrincipal: Principal = { kind: 'system', id: 'system', name: 'Tagboat', role: 'administrator', projects: new Map() };
