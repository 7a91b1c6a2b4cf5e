import type { Selectable } from 'kysely';
import { type Clock, systemClock } from '../core/clock.ts';
import { Conflict, InUse, InvalidSettings, NotFound } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { nameKey, parseName } from '../core/names.ts';
import { isUniqueViolation, type ProjectsTable, type Queries, type Store, type Trx } from '../store/index.ts';
import type { Audit } from './audit.ts';
import { requirePermission, type Role } from './permissions.ts';
import type { Principal } from './principal.ts';
import { findUser } from './user-row.ts';

export interface ProjectMember {
  userId: string;
  userName: string;
  role: Role;
}

/** A team's scope. Times are epoch milliseconds. */
export interface Project {
  id: string;
  name: string;
  description: string;
  /** By name. */
  members: ProjectMember[];
  /** Registries limited to this and perhaps other projects; those of all projects are not counted. */
  registryCount: number;
  createdAt: number;
  updatedAt: number;
  version: number;
}

export interface ProjectInput {
  name: string;
  description?: string;
}

const maxDescription = 1000;

/** Administrators see every project, others those that they are members of. */
export class Projects {
  readonly #store: Store;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(deps: { store: Store; audit: Audit; clock?: Clock }) {
    this.#store = deps.store;
    this.#audit = deps.audit;
    this.#clock = deps.clock ?? systemClock;
  }

  /** By name. */
  async list(principal: Principal): Promise<Project[]> {
    requirePermission(principal, 'project:read');
    const rows = await this.#store.db.selectFrom('projects').selectAll().orderBy('name_key').execute();
    return withMembers(
      this.#store.db,
      rows.filter((row) => exists(principal, row.id)),
    );
  }

  /** By id or name. */
  async get(principal: Principal, idOrName: string): Promise<Project> {
    requirePermission(principal, 'project:read');
    const row = await find(this.#store.db, idOrName);
    if (!row || !exists(principal, row.id)) throw notFound(idOrName);
    return one(this.#store.db, row);
  }

  /** Throws `already_exists`. */
  async create(principal: Principal, input: ProjectInput): Promise<Project> {
    requirePermission(principal, 'project:write');
    const now = this.#clock.now();
    const name = parseName(input.name);
    const row: ProjectsTable = {
      id: newId('prj', now),
      name,
      name_key: nameKey(name),
      description: parseDescription(input.description ?? ''),
      created_at: now,
      updated_at: now,
      version: 1,
    };
    return this.#change(name, async (trx) => {
      await trx.insertInto('projects').values(row).execute();
      await this.#audit.record({ principal, action: 'project.create', target: targetOf(row), after: auditOf(row) }, trx);
      return row;
    });
  }

  /** Throws `precondition_failed`, `already_exists`. */
  async update(principal: Principal, idOrName: string, patch: Partial<ProjectInput>, expectedVersion?: number): Promise<Project> {
    requirePermission(principal, 'project:write');
    return this.#change(patch.name ?? idOrName, async (trx) => {
      await this.#store.lock(trx, 'projects');
      const row = await found(trx, idOrName);
      checkVersion(row, expectedVersion);
      const name = patch.name === undefined ? row.name : parseName(patch.name);
      const description = patch.description === undefined ? row.description : parseDescription(patch.description);
      const after = { ...row, name, name_key: nameKey(name), description };
      const { name_key } = after;
      await trx.updateTable('projects').set({ name, name_key, description }).where('id', '=', row.id).execute();
      await this.#audit.record(
        { principal, action: 'project.update', target: targetOf(after), before: auditOf(row), after: auditOf(after) },
        trx,
      );
      return this.#touch(trx, after);
    });
  }

  /** Throws `in_use`, with the registries that are limited to it. */
  async remove(principal: Principal, idOrName: string, expectedVersion?: number): Promise<void> {
    requirePermission(principal, 'project:write');
    await this.#store.transaction(async (trx) => {
      // That of the registries too: one that is being given to this project would end up in none.
      await this.#store.lock(trx, 'registries');
      await this.#store.lock(trx, 'projects');
      const row = await found(trx, idOrName);
      checkVersion(row, expectedVersion);
      const registries = await trx
        .selectFrom('registry_projects')
        .innerJoin('registries', 'registries.id', 'registry_projects.registry_id')
        .select(['registries.id', 'registries.name'])
        .where('registry_projects.project_id', '=', row.id)
        .orderBy('registries.name_key')
        .execute();
      if (registries.length > 0) {
        throw new InUse(
          `The project ${row.name} is still named by ${registries.length === 1 ? 'a registry' : `${registries.length} registries`}.`,
          registries.map((registry) => ({ kind: 'registry', ...registry })),
        );
      }
      await trx.deleteFrom('projects').where('id', '=', row.id).execute();
      await this.#audit.record({ principal, action: 'project.remove', target: targetOf(row), before: auditOf(row) }, trx);
    });
  }

  /** Adds a member or changes their role; `user` is an id or name. */
  async setMember(principal: Principal, idOrName: string, user: string, role: Role): Promise<Project> {
    requirePermission(principal, 'project:write');
    return this.#change(idOrName, async (trx) => {
      const row = await found(trx, idOrName);
      const member = await foundUser(trx, user);
      const before = await memberRole(trx, row.id, member.id);
      await trx
        .insertInto('project_members')
        .values({ project_id: row.id, user_id: member.id, role })
        .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doUpdateSet({ role }))
        .execute();
      if (before !== role) {
        await this.#audit.record(
          {
            principal,
            action: 'project.member',
            target: targetOf(row),
            before: { user: member.name, role: before },
            after: { user: member.name, role },
          },
          trx,
        );
      }
      return this.#touch(trx, row);
    });
  }

  async removeMember(principal: Principal, idOrName: string, user: string): Promise<Project> {
    requirePermission(principal, 'project:write');
    return this.#change(idOrName, async (trx) => {
      const row = await found(trx, idOrName);
      const member = await foundUser(trx, user);
      const role = await memberRole(trx, row.id, member.id);
      if (role === undefined) throw new NotFound(`${member.name} is not a member of ${row.name}.`);
      await trx.deleteFrom('project_members').where('project_id', '=', row.id).where('user_id', '=', member.id).execute();
      await this.#audit.record(
        { principal, action: 'project.member', target: targetOf(row), before: { user: member.name, role }, after: { user: member.name } },
        trx,
      );
      return this.#touch(trx, row);
    });
  }

  async #change(name: string, work: (trx: Trx) => Promise<ProjectsTable>): Promise<Project> {
    try {
      return await this.#store.transaction(async (trx) => one(trx, await work(trx)));
    } catch (error) {
      if (isUniqueViolation(error)) throw new Conflict(`There already is a project ${name}.`, 'already_exists', { field: 'name' });
      throw error;
    }
  }

  async #touch(trx: Trx, row: ProjectsTable): Promise<ProjectsTable> {
    return trx
      .updateTable('projects')
      .set((eb) => ({ updated_at: this.#clock.now(), version: eb('version', '+', 1) }))
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }
}

function exists(principal: Principal, projectId: string): boolean {
  return principal.role === 'administrator' || principal.projects.has(projectId);
}

async function find(queries: Queries, idOrName: string): Promise<Selectable<ProjectsTable> | undefined> {
  return queries
    .selectFrom('projects')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', idOrName), eb('name_key', '=', nameKey(idOrName))]))
    .executeTakeFirst();
}

async function found(queries: Queries, idOrName: string): Promise<Selectable<ProjectsTable>> {
  const row = await find(queries, idOrName);
  if (!row) throw notFound(idOrName);
  return row;
}

async function foundUser(queries: Queries, idOrName: string): Promise<{ id: string; name: string }> {
  const user = await findUser(queries, idOrName);
  if (!user) throw new NotFound(`There is no user ${idOrName}.`);
  return user;
}

async function memberRole(queries: Queries, projectId: string, userId: string): Promise<Role | undefined> {
  const row = await queries
    .selectFrom('project_members')
    .select('role')
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.role;
}

async function one(queries: Queries, row: Selectable<ProjectsTable>): Promise<Project> {
  const [project] = await withMembers(queries, [row]);
  if (!project) throw notFound(row.name);
  return project;
}

async function withMembers(queries: Queries, rows: readonly Selectable<ProjectsTable>[]): Promise<Project[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const members = await queries
    .selectFrom('project_members')
    .innerJoin('users', 'users.id', 'project_members.user_id')
    .select(['project_members.project_id', 'users.id as userId', 'users.name as userName', 'project_members.role'])
    .where('project_members.project_id', 'in', ids)
    .orderBy('users.name_key')
    .execute();
  const counts = await queries
    .selectFrom('registry_projects')
    .select((eb) => ['project_id', eb.fn.countAll<number>().as('count')])
    .where('project_id', 'in', ids)
    .groupBy('project_id')
    .execute();
  const membersOf = Map.groupBy(members, (member) => member.project_id);
  const countOf = new Map(counts.map((row) => [row.project_id, Number(row.count)]));
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    members: (membersOf.get(row.id) ?? []).map(({ userId, userName, role }) => ({ userId, userName, role })),
    registryCount: countOf.get(row.id) ?? 0,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  }));
}

function parseDescription(text: string): string {
  const tidy = text.normalize('NFC').trim();
  if (tidy.length <= maxDescription) return tidy;
  const message = `A description has at most ${maxDescription} characters.`;
  throw new InvalidSettings(message, [{ field: 'description', message }]);
}

function checkVersion(row: ProjectsTable, expected: number | undefined): void {
  if (expected !== undefined && expected !== row.version) {
    throw new Conflict(`${row.name} was changed by somebody else meanwhile.`, 'precondition_failed', { version: row.version });
  }
}

const notFound = (idOrName: string) => new NotFound(`There is no project ${idOrName}.`);
const targetOf = (row: { id: string; name: string }) => ({ kind: 'project', id: row.id, name: row.name });
const auditOf = ({ name, description }: { name: string; description: string }) => ({ name, description });
