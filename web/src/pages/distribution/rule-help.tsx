import { useId, useState } from 'react';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import { ruleVariables } from '../../lib/copy-draft.ts';
import styles from './distribution.module.css';

/** What can stand in names and tags, folded. */
export function RuleHelp() {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div>
      <button type="button" className={styles.foldButton} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />} Names and tags can have variables
      </button>
      <dl id={id} className={styles.variables} hidden={!open}>
        {ruleVariables.map(({ text, meaning }) => (
          <div key={text}>
            <dt className="mono">{text}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
