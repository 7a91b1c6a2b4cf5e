import { Checkbox, TextInput } from '@mantine/core';
import type { DoctorOptions } from '../../api/types.ts';
import { Panel } from '../../components/bits.tsx';
import styles from './connect.module.css';

/** What the test looks at beyond the usual. */
export function TestOptions({ options, onChange }: { options: DoctorOptions; onChange: (options: DoctorOptions) => void }) {
  return (
    <Panel title="What to test">
      <div style={{ display: 'grid', gap: 12 }}>
        <TextInput
          label={
            <>
              Repository to read<span className="dim"> · optional</span>
            </>
          }
          description="Where listing all repositories is not allowed, its tags are read instead."
          placeholder="team/app"
          className={styles.code}
          autoComplete="off"
          spellCheck={false}
          value={options.repository ?? ''}
          onChange={(event) => {
            const repository = event.currentTarget.value.trim();
            const { repository: _, ...rest } = options;
            onChange(repository === '' ? rest : { ...rest, repository });
          }}
        />
        <Checkbox
          label="Also try whether pushing is allowed"
          description="Starts an upload and cancels it; nothing is left behind."
          checked={options.push ?? false}
          onChange={(event) => onChange({ ...options, push: event.currentTarget.checked })}
        />
      </div>
    </Panel>
  );
}
