import { useSearchParams } from 'wouter';
import { useMay, useRegistries } from '../../api/queries.ts';
import { Page } from '../../components/page.tsx';
import { EmptyState, LoadingRows, ProblemView } from '../../components/states.tsx';
import type { CopyDraft } from '../../lib/copy-draft.ts';
import { paths } from '../../lib/paths.ts';
import { CopyForm } from './copy-form.tsx';

/** Starting a copy. What is known of the source already stands in the address. */
export default function NewCopyPage() {
  const registries = useRegistries();
  const may = useMay();
  const [query] = useSearchParams();
  const named = query.get('registry');
  const registry = registries.data?.items.find((each) => each.name === named || each.id === named);
  const draft: CopyDraft = {
    source: { registry: registry?.id ?? '', repository: query.get('repository') ?? '', reference: query.get('reference') ?? '' },
    destinations: [],
    settings: {},
    variables: {},
  };
  return (
    <Page title="Copy an image" crumbs={[{ label: 'Distribution', href: paths.distribution }]}>
      {!may('copy:write') ? (
        <EmptyState small title="Copying is for those who may write to registries">
          <p>Your role sees copies. Ask an administrator for the role operator, or for this copy.</p>
        </EmptyState>
      ) : registries.isPending ? (
        <LoadingRows rows={6} height={60} label="Loading registries" />
      ) : registries.error !== null && !registries.data ? (
        <ProblemView error={registries.error} onRetry={() => void registries.refetch()} />
      ) : (
        <CopyForm initial={draft} />
      )}
    </Page>
  );
}
