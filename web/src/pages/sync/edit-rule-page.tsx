import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import type { ApiError } from '../../api/problem.ts';
import type { SyncRule } from '../../api/types.ts';
import { EditConflict } from '../../components/edit-conflict.tsx';
import { Page } from '../../components/page.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { diffObjects } from '../../lib/diff.ts';
import { paths } from '../../lib/paths.ts';
import { type RuleDraft, ruleDraft, specChange } from '../../lib/sync-draft.ts';
import { ruleCrumbs } from './new-rule-page.tsx';
import { RuleForm } from './rule-form.tsx';
import { keepRule, useSyncRule } from './use-sync.ts';

/** The form of a saved rule. It works on the state that was opened, so that two people editing see each other. */
export default function EditRulePage({ id }: { id: string }) {
  const rule = useSyncRule(id);
  return (
    <Page
      title={rule.data ? `Edit ${rule.data.name}` : 'Edit a sync rule'}
      crumbs={[...ruleCrumbs, ...(rule.data ? [{ label: rule.data.name, href: paths.syncRule(id) }] : [])]}
    >
      {rule.error !== null && !rule.data && <ProblemView error={rule.error} onRetry={() => void rule.refetch()} />}
      {(rule.isPending || rule.isPlaceholderData) && rule.error === null && <LoadingRows rows={6} height={64} label="Loading the rule" />}
      {rule.data && !rule.isPlaceholderData && <Editor rule={rule.data} />}
    </Page>
  );
}

function Editor({ rule }: { rule: SyncRule }) {
  const [base, setBase] = useState(rule);
  const [theirs, setTheirs] = useState<SyncRule>();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const explain = (error: ApiError, draft: RuleDraft) => {
    if (error.status !== 412 || !theirs) return undefined;
    return (
      <EditConflict
        editor={theirs.updatedBy}
        savedAt={theirs.updatedAt}
        theirs={diffObjects(shown(base), shown(theirs))}
        mine={diffObjects(shown(base), { ...shown(base), name: draft.name.trim(), spec: specChange(base, draft) ?? base.spec })}
        noTheirs="Nothing that this form shows."
        noMine="Nothing yet."
        onReload={() => {
          setBase(theirs);
          setTheirs(undefined);
        }}
      />
    );
  };
  return (
    <RuleForm
      key={base.version}
      initial={ruleDraft(base)}
      saved={base}
      onSave={async (draft, options) => {
        const name = draft.name.trim();
        const spec = specChange(base, draft);
        const patch = {
          ...(name !== base.name && { name }),
          ...(spec && { spec }),
          ...(options.enabled !== base.enabled && { enabled: options.enabled }),
          ...(options.unseen && { unseen: true }),
        };
        try {
          return await hub.updateSyncRule(base.id, patch, { ifMatch: base.version });
        } catch (error) {
          if ((error as Partial<ApiError>).status === 412) setTheirs(await hub.getSyncRule(base.id));
          throw error;
        }
      }}
      onSaved={(saved) => {
        keepRule(client, saved);
        navigate(paths.syncRule(saved.id));
      }}
      explainFailure={explain}
    />
  );
}

/** What two people may both have changed. */
function shown({ name, enabled, spec }: SyncRule): Record<string, unknown> {
  return { name, enabled, spec };
}
