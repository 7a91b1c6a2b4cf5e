import type { DoctorRun } from '../../components/doctor/use-doctor.ts';
import { IconPlay } from '../../components/icons.tsx';
import { plural } from '../../lib/format.ts';
import styles from './connect.module.css';
import { BusyButton } from '../../components/busy-button.tsx';

interface FormFooterProps {
  run: DoctorRun;
  outdated: boolean;
  saving: boolean;
  saveWord: string;
  fieldsAtFault: number;
  onTest: () => void;
}

/** Test and save. The test is the main action until it has passed; saving is possible at any time, with a plain warning. */
export function FormFooter({ run, outdated, saving, saveWord, fieldsAtFault, onTest }: FormFooterProps) {
  const done = run.report !== undefined && !outdated;
  const passed = done && run.report?.state !== 'failing';
  const failed = done && run.report?.state === 'failing';
  return (
    <div className={styles.footer}>
      <BusyButton type="button" variant={passed ? 'default' : 'filled'} leftSection={<IconPlay />} busy={run.running} onClick={onTest}>
        {run.subject === undefined ? 'Test' : 'Test again'}
      </BusyButton>
      <BusyButton type="submit" variant={passed ? 'filled' : 'default'} busy={saving}>
        {failed ? `${saveWord} anyway` : saveWord}
      </BusyButton>
      <span className="dim" role="status" style={{ flex: '1 1 200px', minWidth: 0 }}>
        {fieldsAtFault > 0
          ? `${plural(fieldsAtFault, 'field')} to look at.`
          : failed
            ? 'The test failed. Saved like this, the registry shows as failing until it is mended.'
            : passed
              ? 'The test passed.'
              : ''}
      </span>
    </div>
  );
}
