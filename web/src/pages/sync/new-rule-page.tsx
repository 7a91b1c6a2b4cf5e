import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useLocation, useSearchParams } from 'wouter';
import { hub } from '../../api/client.ts';
import { useMay, useRegistries } from '../../api/queries.ts';
import { Page } from '../../components/page.tsx';
import { EmptyState, LoadingRows, ProblemView } from '../../components/states.tsx';
import { paths } from '../../lib/paths.ts';
import { emptyRule, specOf } from '../../lib/sync-draft.ts';
import { RuleForm } from './rule-form.tsx';
import { keepRule } from './use-sync.ts';

export const ruleCrumbs = [
  { label: 'Distribution', href: paths.distribution },
  { label: 'Sync rules', href: paths.syncRules },
];

/** A new rule; `?from=` names the registry that it reads, `?repository=` what of it. */
export default function NewRulePage() {
  const registries = useRegistries();
  const may = useMay();
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const items = registries.data?.items ?? [];
  const source = items.find((each) => each.name === search.get('from'))?.id ?? '';
  return (
    <Page title="New sync rule" crumbs={ruleCrumbs}>
      {registries.isPending && <LoadingRows rows={6} height={64} label="Loading the registries" />}
      {registries.error !== null && <ProblemView error={registries.error} onRetry={() => void registries.refetch()} />}
      {registries.data && !may('sync:write') && (
        <EmptyState small title="Rules are made by operators">
          <p>Your role sees rules. Ask an administrator for the role operator, or for this rule.</p>
        </EmptyState>
      )}
      {registries.data && may('sync:write') && items.length === 0 && (
        <EmptyState
          title="There is no registry to copy from"
          action={
            <Button component={Link} href={paths.connect}>
              Connect a registry
            </Button>
          }
        >
          <p>A rule keeps two registries in step, or two places of one. Connect them first.</p>
        </EmptyState>
      )}
      {registries.data && may('sync:write') && items.length > 0 && (
        <RuleForm
          initial={{ ...emptyRule, source, repositories: search.get('repository') ?? '' }}
          onSave={(draft, options) =>
            hub.createSyncRule({
              name: draft.name.trim(),
              spec: specOf(draft),
              enabled: options.enabled,
              ...(options.unseen && { unseen: true }),
            })
          }
          onSaved={(rule) => {
            keepRule(client, rule);
            navigate(paths.syncRule(rule.id));
          }}
        />
      )}
    </Page>
  );
}
