import { useId, useState } from 'react';
import type { ImportNote } from '../../api/types.ts';
import { Chip } from '../../components/bits.tsx';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import { plural } from '../../lib/format.ts';
import { noteWords, sortNotes } from '../../lib/import-kinds.ts';
import styles from './import.module.css';

const chips = { unmapped: 'bad', warning: 'warn', info: 'plain' } as const;

/** What differs or is left out. What is only good to know is folded. */
export function Notes({ notes, label }: { notes: readonly ImportNote[]; label: string }) {
  const id = useId();
  const serious = notes.some((note) => note.level !== 'info');
  const [opened, setOpened] = useState<boolean>();
  const open = opened ?? (serious && notes.length <= 4);
  if (notes.length === 0) return null;
  const count = (level: ImportNote['level']) => notes.filter((note) => note.level === level).length;
  const words = [
    ...(count('unmapped') > 0 ? [`${plural(count('unmapped'), 'setting')} left out`] : []),
    ...(count('warning') > 0 ? [plural(count('warning'), 'difference')] : []),
    ...(count('info') > 0 ? [plural(count('info'), 'note')] : []),
  ];
  return (
    <div style={{ display: 'grid', gap: 4 }}>
      <button type="button" className={styles.fold} aria-expanded={open} aria-controls={id} onClick={() => setOpened(!open)}>
        {open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
        {words.join(', ')}
        <span className="visually-hidden">: {label}</span>
      </button>
      <ul className={styles.notes} id={id} aria-label={label} hidden={!open}>
        {sortNotes(notes).map((note) => (
          <li key={`${note.key} ${note.message}`}>
            <Chip kind={chips[note.level]}>{noteWords[note.level]}</Chip>
            <span className="mono">{note.key}</span>
            <span>{note.message}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
