import { Collapse } from '@mantine/core';
import { useId, useState } from 'react';
import { CopySettingsFields } from '../../components/copy-settings-fields.tsx';
import { IconChevronDown, IconChevronRight } from '../../components/icons.tsx';
import { copySettingsWords } from '../../lib/copy-settings-words.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import connect from '../connect/connect.module.css';
import type { SectionProps } from './source-section.tsx';

/** How copies are made; folded, with what differs from the usual in its head. */
export function OptionsSection({ draft, errors, onChange }: SectionProps) {
  const id = useId();
  const own: FieldErrors = Object.fromEntries(
    Object.entries(errors).flatMap(([path, message]) =>
      path.startsWith('spec.settings.') ? [[path.slice('spec.'.length), message] as const] : [],
    ),
  );
  const [opened, setOpened] = useState(false);
  const open = opened || Object.keys(own).length > 0;
  return (
    <div className={connect.fold}>
      <button type="button" className={connect.foldHead} aria-expanded={open} aria-controls={id} onClick={() => setOpened(!open)}>
        {open ? <IconChevronDown /> : <IconChevronRight />}
        <strong>Options</strong>
        <span className="dim truncate">{copySettingsWords(draft.settings) || 'Platforms, signatures, speed, quota: all as usual'}</span>
      </button>
      <Collapse id={id} expanded={open} transitionDuration={120}>
        <div className={connect.foldBody}>
          <CopySettingsFields value={draft.settings} onChange={(settings) => onChange({ settings })} errors={own} />
        </div>
      </Collapse>
    </div>
  );
}
