import type { Migration } from 'kysely/migration';
import { initial } from './0001-initial.ts';
import { credentials } from './0002-credentials.ts';
import { distribution } from './0003-distribution.ts';

/** All migrations in order, by name. A published one is never edited; a change is a new file and a new line here. */
export function migrations(kind: 'sqlite' | 'postgres'): Readonly<Record<string, Migration>> {
  return {
    '0001-initial': initial(kind),
    '0002-credentials': credentials(kind),
    '0003-distribution': distribution(kind),
  };
}
