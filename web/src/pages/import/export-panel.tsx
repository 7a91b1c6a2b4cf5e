import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import type { Exported, ExportFormat } from '../../api/types.ts';
import { BusyButton } from '../../components/busy-button.tsx';
import { CodeFile } from '../../components/code-file.tsx';
import { IconDownload } from '../../components/icons.tsx';
import { ProblemView } from '../../components/states.tsx';
import { downloadText } from '../../lib/download.ts';
import { exportFormats } from '../../lib/import-kinds.ts';
import styles from './import.module.css';

/** The registries that one may see, as files; secrets are in none of them. */
export function ExportPanel() {
  const [shown, setShown] = useState<Exported>();
  const write = useMutation({
    mutationFn: ({ format }: { format: ExportFormat; save: boolean }) => hub.exportRegistries({ format }),
    onSuccess: (exported, { save }) => {
      if (save) downloadText(exported.fileName, exported.content, exported.mediaType);
      else setShown(exported);
    },
  });
  const busyWith = (format: ExportFormat, save: boolean) =>
    write.isPending && write.variables.format === format && write.variables.save === save;
  return (
    <div className={styles.stack}>
      <p className="dim" style={{ margin: 0, maxWidth: '80ch' }}>
        The registries that you may see, without their secrets.
      </p>
      <ul className={styles.exports}>
        {exportFormats.map(({ format, title, help }) => (
          <li key={format} className={styles.export}>
            <h2>{title}</h2>
            <p>{help}</p>
            <div className={styles.row}>
              <BusyButton
                size="xs"
                variant="default"
                leftSection={<IconDownload size={14} />}
                busy={busyWith(format, true)}
                onClick={() => write.mutate({ format, save: true })}
              >
                Download<span className="visually-hidden"> for {title}</span>
              </BusyButton>
              <BusyButton size="xs" variant="subtle" busy={busyWith(format, false)} onClick={() => write.mutate({ format, save: false })}>
                Look at it<span className="visually-hidden">: {title}</span>
              </BusyButton>
            </div>
          </li>
        ))}
      </ul>
      {write.error !== null && <ProblemView error={write.error} />}
      {shown && <CodeFile path={shown.fileName} content={shown.content} />}
    </div>
  );
}
