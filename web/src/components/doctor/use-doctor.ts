import { useCallback, useEffect, useRef, useState } from 'react';
import type { DoctorReport, DoctorStep } from '../../api/types.ts';
import { mergeStep } from '../../lib/doctor-run.ts';

export interface DoctorRun {
  /** What was tested, to tell whether the form has changed since. */
  subject?: string;
  startedAt?: number;
  running: boolean;
  steps: readonly DoctorStep[];
  report?: DoctorReport;
  error?: unknown;
}

type Start = (signal: AbortSignal) => AsyncGenerator<DoctorStep, DoctorReport>;

export interface Doctor {
  run: DoctorRun;
  start: (subject: string, begin: Start) => void;
  cancel: () => void;
}

/** One test at a time; starting another or leaving the page cancels it, on the hub too. */
export function useDoctor(): Doctor {
  const [run, setRun] = useState<DoctorRun>({ running: false, steps: [] });
  const current = useRef<AbortController>(undefined);

  const cancel = useCallback(() => {
    current.current?.abort();
    current.current = undefined;
    setRun((previous) => (previous.running ? { ...previous, running: false } : previous));
  }, []);

  const start = useCallback((subject: string, begin: Start) => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    const update = (change: (previous: DoctorRun) => DoctorRun) => {
      if (current.current === controller) setRun(change);
    };
    setRun({ subject, startedAt: Date.now(), running: true, steps: [] });
    const follow = async () => {
      const events = begin(controller.signal);
      for (;;) {
        const next = await events.next();
        if (next.done) {
          update((previous) => ({ ...previous, running: false, steps: next.value.steps, report: next.value }));
          return;
        }
        update((previous) => ({ ...previous, steps: mergeStep(previous.steps, next.value) }));
      }
    };
    follow().catch((error: unknown) => update((previous) => ({ ...previous, running: false, error })));
  }, []);

  useEffect(() => () => current.current?.abort(), []);
  return { run, start, cancel };
}
