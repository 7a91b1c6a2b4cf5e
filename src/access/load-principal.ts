import type { Queries } from '../store/index.ts';
import type { Role } from './permissions.ts';

/** Project id → role of a user. */
export async function loadMemberships(queries: Queries, userId: string): Promise<Map<string, Role>> {
  const rows = await queries.selectFrom('project_members').select(['project_id', 'role']).where('user_id', '=', userId).execute();
  return new Map(rows.map((row) => [row.project_id, row.role]));
}
