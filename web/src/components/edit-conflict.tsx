import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Change } from '../lib/diff.ts';
import { formatRelative } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';
import { DiffTable } from './diff-table.tsx';
import { Notice } from './states.tsx';

interface EditConflictProps {
  /** Name of who saved; undefined where it is not known. */
  editor: string | undefined;
  savedAt: string;
  theirs: readonly Change[];
  mine: readonly Change[];
  /** Said where there is no difference that the form shows. */
  noTheirs: string;
  noMine: string;
  onReload: () => void;
}

/** Somebody else saved while a form was open: who, when, what; nothing typed is lost until the person says so. */
export function EditConflict({ editor, savedAt, theirs, mine, noTheirs, noMine, onReload }: EditConflictProps) {
  const [shown, setShown] = useState(false);
  const now = useNow();
  return (
    <Notice kind="warning" role="alert">
      <div style={{ display: 'grid', gap: 8 }}>
        <span>
          Not saved: changed by {editor ?? 'somebody else'} {formatRelative(savedAt, now)}, while you were editing. What you typed is still
          here.
        </span>
        <span style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
          <Button size="xs" variant="default" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? 'Hide the difference' : 'Show the difference'}
          </Button>
          <Button size="xs" variant="default" onClick={onReload}>
            Load their version
          </Button>
        </span>
        {shown && (
          <>
            <strong>Their changes</strong>
            <DiffTable changes={theirs} empty={noTheirs} />
            <strong>Yours</strong>
            <DiffTable changes={mine} empty={noMine} />
          </>
        )}
      </div>
    </Notice>
  );
}
