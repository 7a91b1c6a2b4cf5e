import type { DoctorStep } from '../api/types.ts';

/** Steps are sent as they start and again as they end: the later one takes the place of the earlier. */
export function mergeStep(steps: readonly DoctorStep[], step: DoctorStep): DoctorStep[] {
  const index = steps.findIndex((each) => each.id === step.id);
  return index < 0 ? [...steps, step] : steps.with(index, step);
}

/** Fields that failed steps blame, with the words to show there. */
export function blamedFields(steps: readonly DoctorStep[]): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const step of steps) {
    if (step.field === undefined || (step.state !== 'failed' && step.state !== 'warning')) continue;
    if (step.state === 'failed') errors[step.field] ??= [step.summary, step.help].filter(Boolean).join(' ');
  }
  return errors;
}
