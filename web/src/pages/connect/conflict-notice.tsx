import { useUserName } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { EditConflict } from '../../components/edit-conflict.tsx';
import { diffObjects } from '../../lib/diff.ts';
import { draftOf, type RegistryDraft } from '../../lib/registry-draft.ts';

interface ConflictNoticeProps {
  mine: RegistryDraft;
  before: RegistryDraft;
  theirs: Registry;
  onReload: () => void;
}

/** Somebody else saved the registry while this form was open. */
export function ConflictNotice({ mine, before, theirs, onReload }: ConflictNoticeProps) {
  return (
    <EditConflict
      editor={useUserName(theirs.updatedBy)}
      savedAt={theirs.updatedAt}
      theirs={diffObjects(plain(before), plain(draftOf(theirs)))}
      mine={diffObjects(plain(before), plain(mine))}
      noTheirs="Only secrets or things that this form does not show."
      noMine="Only secrets."
      onReload={onReload}
    />
  );
}

/** A draft without its secrets, to be compared. */
function plain(draft: RegistryDraft): Record<string, unknown> {
  const { clientKey: _key, clientPassphrase: _passphrase, ...rest } = draft;
  return rest;
}
