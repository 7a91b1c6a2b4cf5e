import { Button } from '@mantine/core';
import { useState } from 'react';
import { useUserName } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { DiffTable } from '../../components/diff-table.tsx';
import { Notice } from '../../components/states.tsx';
import { diffObjects } from '../../lib/diff.ts';
import { formatRelative } from '../../lib/format.ts';
import { draftOf, type RegistryDraft } from '../../lib/registry-draft.ts';
import { useNow } from '../../lib/use-now.ts';

interface ConflictNoticeProps {
  mine: RegistryDraft;
  before: RegistryDraft;
  theirs: Registry;
  onReload: () => void;
}

/** Somebody else saved while this form was open: who, when, what; nothing typed here is lost until the person says so. */
export function ConflictNotice({ mine, before, theirs, onReload }: ConflictNoticeProps) {
  const [shown, setShown] = useState(false);
  const now = useNow();
  const editor = useUserName(theirs.updatedBy);
  const changes = diffObjects(plain(before), plain(draftOf(theirs)));
  const own = diffObjects(plain(before), plain(mine));
  return (
    <Notice kind="warning" role="alert">
      <div style={{ display: 'grid', gap: 8 }}>
        <span>
          Not saved: changed by {editor ?? 'somebody else'} {formatRelative(theirs.updatedAt, now)}, while you were editing. What you typed
          is still here.
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
            <DiffTable changes={changes} empty="Only secrets or things that this form does not show." />
            <strong>Yours</strong>
            <DiffTable changes={own} empty="Only secrets." />
          </>
        )}
      </div>
    </Notice>
  );
}

/** A draft without its secrets, to be compared. */
function plain(draft: RegistryDraft): Record<string, unknown> {
  const { clientKey: _key, clientPassphrase: _passphrase, ...rest } = draft;
  return rest;
}
