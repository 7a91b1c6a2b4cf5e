import type { AuditEntry } from '../api/types.ts';

const verbs: Record<string, string> = {
  'registry.create': 'connected',
  'registry.update': 'changed',
  'registry.remove': 'removed',
  'registry.default': 'made the default',
  'registry.secret-used': 'used the credential of',
  'registry.test-unsaved': 'tested, without saving it,',
  'registry.credential-next': 'prepared the next credential of',
  'registry.credential-discard': 'discarded a credential of',
  'registry.credential-promote': 'put the next credential in use at',
  'registry.credential-rollback': 'went back to the previous credential of',
  'credential.handed-out': 'was given a credential of',
  'alert.raise': 'raised an alert about',
  'alert.acknowledge': 'sees to an alert about',
  'alert.clear': 'cleared an alert about',
  'repository.create': 'created the repository',
  'copy.start': 'asked for a copy to',
  'copy.cancel': 'canceled a copy to',
  'copy.finish': 'ended a copy to',
  'image.delete': 'deleted images of',
  'sync-rule.create': 'made the sync rule',
  'sync-rule.update': 'changed the sync rule',
  'sync-rule.remove': 'removed the sync rule',
  'sync-rule.cancel': 'canceled a run of the sync rule',
  'sync-rule.finish': 'ended a run of the sync rule',
  'session.login': 'signed in',
  'session.login-failed': 'failed to sign in',
  'session.logout': 'signed out',
  'user.create': 'added',
  'user.update': 'changed',
  'user.password': 'changed the password of',
  'user.remove': 'removed',
  'token.create': 'created the token',
  'token.revoke': 'revoked the token',
  'project.create': 'created the project',
  'project.update': 'changed the project',
  'project.member': 'changed the members of',
  'project.remove': 'removed the project',
  'hub.setup': 'set Tagboat up',
  'hub.key-rotated': 'changed the master key',
  'hub.key-loss-accepted': 'gave the lost secrets up',
};

/** An action as a verb for a sentence; an action that has none here is shown by its name. */
export function auditVerb(action: string): string {
  return verbs[action] ?? action.replace(/^[a-z]+\./, '').replaceAll('-', ' ');
}

/** Whether the target says anything that the actor and the verb do not: “ana signed in”, not “ana signed in ana”. */
export function namesTarget(entry: AuditEntry): boolean {
  if (entry.target?.name === undefined) return false;
  return !/^(?:session|hub)\./.test(entry.action) && entry.target.name !== entry.actor.name;
}

/** What can be filtered by: groups and single actions. */
export const auditGroups = [
  { value: 'registry', label: 'Registries' },
  { value: 'registry.secret-used', label: 'Use of credentials' },
  { value: 'credential', label: 'Credentials handed out' },
  { value: 'alert', label: 'Alerts' },
  { value: 'copy', label: 'Copies' },
  { value: 'sync-rule', label: 'Sync rules' },
  { value: 'image', label: 'Images deleted' },
  { value: 'session', label: 'Signing in and out' },
  { value: 'user', label: 'People' },
  { value: 'token', label: 'Tokens' },
  { value: 'project', label: 'Projects' },
  { value: 'hub', label: 'Tagboat itself' },
] as const;

const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

/** Day by day, newest first, in the reader's own zone. */
export function byDay(entries: readonly AuditEntry[]): { day: string; entries: AuditEntry[] }[] {
  const days: { day: string; entries: AuditEntry[] }[] = [];
  for (const entry of entries) {
    const at = new Date(entry.at);
    const day = `${weekday.format(at)}, ${dayOfYear.format(at)}`;
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}
