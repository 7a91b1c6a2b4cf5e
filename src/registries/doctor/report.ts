import type { DoctorReport, DoctorStep } from '../types.ts';
import { credentialStatus } from './credential-step.ts';
import type { Examination } from './examination.ts';

/** Sums the steps up: failing at the first that failed, degraded at the first warning, else ok. */
export function buildReport(
  { credential, quota, capabilities }: Examination,
  steps: DoctorStep[],
  times: { startedAt: number; durationMs: number },
): DoctorReport {
  const failed = steps.find((step) => step.state === 'failed');
  const warning = steps.find((step) => step.state === 'warning');
  const decisive = failed ?? warning;
  const read = steps.find((step) => step.id === 'read');
  const report: DoctorReport = {
    state: failed ? 'failing' : warning ? 'degraded' : 'ok',
    startedAt: new Date(times.startedAt).toISOString(),
    durationMs: times.durationMs,
    summary: decisive?.summary ?? read?.summary ?? 'Everything works',
    steps,
  };
  if (decisive?.code !== undefined) report.code = decisive.code;
  if (credential) report.credential = credentialStatus(credential);
  if (quota) {
    report.quota = { limit: quota.limit, remaining: quota.remaining, at: new Date(quota.at).toISOString() };
    if (quota.window !== undefined) report.quota.windowSeconds = quota.window;
  }
  if (Object.keys(capabilities).length > 0) report.capabilities = capabilities;
  return report;
}

/** The report of a registry whose address could not even be read. */
export function unreadableAddress(
  message: string,
  titles: readonly { id: DoctorStep['id']; title: string }[],
  startedAt: number,
): DoctorReport {
  const steps: DoctorStep[] = titles.map(({ id, title }) =>
    id === 'url'
      ? {
          id,
          title,
          state: 'failed',
          durationMs: 0,
          summary: message,
          code: 'invalid_settings',
          field: 'url',
          help: 'Correct the address: host, port if it is not the usual one, and path if there is one.',
        }
      : { id, title, state: 'skipped', summary: 'waits for the address' },
  );
  return {
    state: 'failing',
    startedAt: new Date(startedAt).toISOString(),
    durationMs: 0,
    summary: message,
    code: 'invalid_settings',
    steps,
  };
}
