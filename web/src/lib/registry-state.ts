import type { RegistryState } from '../api/types.ts';
import { formatRelative, formatSpan } from './format.ts';

/** A registry's state in words; the time is part of the state, as its age tells how far to trust it. */
export function stateWords(state: RegistryState, now: number): string {
  const since = state.since === undefined ? undefined : formatSpan(now - Date.parse(state.since));
  const reason = state.summary === undefined ? '' : `: ${lowerFirst(state.summary)}`;
  switch (state.state) {
    case 'ok':
      return state.checkedAt === undefined ? 'ok' : `ok · ${formatRelative(state.checkedAt, now)}`;
    case 'degraded':
      return `degraded${reason}`;
    case 'failing':
      return `failing${since === undefined ? '' : ` for ${since}`}${reason}`;
    case 'unknown':
      return 'not checked yet';
  }
}

/** Sentences become clauses, but names and abbreviations (DNS, TLS, “Acme”) keep their capitals. */
function lowerFirst(text: string): string {
  const trimmed = text.replace(/\.$/, '');
  return /^[A-Z][a-z]+(?:\s|$)/.test(trimmed) ? trimmed.charAt(0).toLowerCase() + trimmed.slice(1) : trimmed;
}

/** Failing first, then degraded, unknown, ok. */
export const severity: Record<RegistryState['state'], number> = { failing: 0, degraded: 1, unknown: 2, ok: 3 };
