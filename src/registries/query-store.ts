import type { Kysely } from 'kysely';
import type { Database, Queries } from '../store/index.ts';

/** Registries with what is known of their last check and their credential. */
export function selectRegistries(queries: Kysely<Database>) {
  return queries
    .selectFrom('registries')
    .leftJoin('registry_checks', 'registry_checks.registry_id', 'registries.id')
    .leftJoin('credential_states', 'credential_states.registry_id', 'registries.id')
    .leftJoin('users as editors', 'editors.id', 'registries.updated_by')
    .leftJoin(
      (eb) =>
        eb
          .selectFrom('repositories')
          .select(['registry_id', (count) => count.fn.countAll<number | string>().as('repository_count')])
          // Those that a listing named; the catalog also keeps rows of what was only looked into.
          .where('seen_at', '>', 0)
          .groupBy('registry_id')
          .as('counts'),
      (join) => join.onRef('counts.registry_id', '=', 'registries.id'),
    )
    .selectAll('registries')
    .select([
      'counts.repository_count',
      'registry_checks.state as check_state',
      'registry_checks.since as check_since',
      'registry_checks.checked_at as check_checked_at',
      'registry_checks.next_at as check_next_at',
      'registry_checks.summary as check_summary',
      'registry_checks.code as check_code',
      'registry_checks.credential as check_credential',
      'registry_checks.quota as check_quota',
      'credential_states.fingerprint as credential_fingerprint',
      'credential_states.kind as credential_kind',
      'credential_states.username as credential_username',
      'credential_states.issued_at as credential_issued_at',
      'credential_states.expires_at as credential_expires_at',
      'credential_states.refresh_at as credential_refresh_at',
      'credential_states.refreshed_at as credential_refreshed_at',
      'credential_states.failure as credential_failure',
      'credential_states.ends as credential_ends',
      'editors.name as updated_by_name',
    ]);
}

/** Project ids of each registry that is limited to some, or of one. */
export async function projectsOf(queries: Queries, id?: string): Promise<Map<string, string[]>> {
  let query = queries.selectFrom('registry_projects').select(['registry_id', 'project_id']).orderBy('project_id');
  if (id !== undefined) query = query.where('registry_id', '=', id);
  const projects = new Map<string, string[]>();
  for (const row of await query.execute()) {
    const list = projects.get(row.registry_id);
    if (list) list.push(row.project_id);
    else projects.set(row.registry_id, [row.project_id]);
  }
  return projects;
}
