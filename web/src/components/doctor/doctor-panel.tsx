import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { DoctorOffer } from '../../api/types.ts';
import { formatDuration } from '../../lib/format.ts';
import { Chip, Panel } from '../bits.tsx';
import { ProblemView } from '../states.tsx';
import styles from './doctor.module.css';
import { DoctorSteps } from './doctor-steps.tsx';
import type { DoctorRun } from './use-doctor.ts';

interface DoctorPanelProps {
  run: DoctorRun;
  /** What stands here before the first test. */
  idle: ReactNode;
  onOffer?: (offer: DoctorOffer) => void;
  onField?: (path: string) => void;
  onCancel: () => void;
  outdated?: boolean;
}

const verdicts = { ok: 'good', degraded: 'warn', failing: 'bad' } as const;

/** The doctor at work, beside what it tests. */
export function DoctorPanel({ run, idle, onOffer, onField, onCancel, outdated = false }: DoctorPanelProps) {
  const untouched = run.subject === undefined;
  return (
    <Panel
      title="Doctor"
      actions={
        run.running ? (
          <Button size="compact-xs" variant="default" onClick={onCancel}>
            Stop
          </Button>
        ) : run.report ? (
          <span className="dim num">{formatDuration(run.report.durationMs)}</span>
        ) : undefined
      }
    >
      <div role="status" aria-live="polite" className="visually-hidden">
        {run.running ? 'Testing' : (run.report?.summary ?? '')}
      </div>
      {untouched && idle}
      {run.steps.length > 0 && <DoctorSteps steps={run.steps} {...(onOffer ? { onOffer } : {})} {...(onField ? { onField } : {})} />}
      {!untouched && !run.running && !run.report && run.error === undefined && <p className="dim">Stopped.</p>}
      {run.error !== undefined && <ProblemView error={run.error} />}
      {run.report && (
        <div style={{ display: 'grid', gap: 8, marginTop: 10, paddingTop: 10, borderTop: '1px solid var(--line)' }}>
          <div style={{ display: 'flex', gap: 8, alignItems: 'baseline', flexWrap: 'wrap' }}>
            <Chip kind={verdicts[run.report.state]}>{run.report.state}</Chip>
            <span>{run.report.summary}</span>
          </div>
          {run.report.capabilities && <Capabilities capabilities={run.report.capabilities} />}
          {outdated && <span className="dim">The form has changed since this test.</span>}
        </div>
      )}
    </Panel>
  );
}

export function Capabilities({ capabilities }: { capabilities: Readonly<Record<string, 'yes' | 'no' | 'unknown'>> }) {
  const marks = { yes: '✓', no: '–', unknown: '?' };
  return (
    <div className={styles.capabilities}>
      {Object.entries(capabilities).map(([name, value]) => (
        <Chip key={name} kind={value === 'yes' ? 'good' : 'plain'}>
          {marks[value]} {name}
          <span className="visually-hidden">: {value}</span>
        </Chip>
      ))}
    </div>
  );
}
