import { useState } from 'react';
import { useLocation } from 'wouter';
import { followTest, hub } from '../../api/client.ts';
import type { ApiError } from '../../api/problem.ts';
import { useProviders, useRegistry } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { Page } from '../../components/page.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { toPatch } from '../../lib/draft-input.ts';
import { paths } from '../../lib/paths.ts';
import { draftOf, type RegistryDraft } from '../../lib/registry-draft.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import { RegistryForm } from './registry-form.tsx';
import { useRefreshRegistries } from './use-refresh.ts';

/** The form of a saved registry. It works on the state that was opened, so that two people editing see each other. */
export default function EditPage({ name }: { name: string }) {
  const registry = useRegistry(name);
  const providers = useProviders();
  return (
    <Page
      title={`Edit ${name}`}
      crumbs={[
        { label: 'Registries', href: paths.registries },
        { label: name, href: paths.registry(name) },
      ]}
    >
      {(registry.error ?? providers.error) !== null && (
        <ProblemView
          error={registry.error ?? providers.error}
          onRetry={() => {
            void registry.refetch();
            void providers.refetch();
          }}
        />
      )}
      {(registry.isPending || registry.isPlaceholderData || providers.isPending) && registry.error === null && (
        <LoadingRows rows={6} height={64} label="Loading the registry" />
      )}
      {registry.data && !registry.isPlaceholderData && providers.data && <Editor registry={registry.data} providers={providers.data} />}
    </Page>
  );
}

function Editor({ registry, providers }: { registry: Registry; providers: NonNullable<ReturnType<typeof useProviders>['data']> }) {
  const [base, setBase] = useState(registry);
  const [theirs, setTheirs] = useState<Registry>();
  const [, navigate] = useLocation();
  const refresh = useRefreshRegistries();
  const before = draftOf(base);

  const explain = (error: ApiError, draft: RegistryDraft) => {
    if (error.status !== 412 || !theirs) return undefined;
    return (
      <ConflictNotice
        mine={draft}
        before={before}
        theirs={theirs}
        onReload={() => {
          setBase(theirs);
          setTheirs(undefined);
        }}
      />
    );
  };

  return (
    <RegistryForm
      key={base.version}
      providers={providers}
      initial={before}
      saved={base}
      onTest={(draft, provider, options, signal) =>
        followTest(hub.testRegistry(base.id, { changes: toPatch(draft, before, provider), options }, { signal }))
      }
      onSave={async (draft, provider) => {
        try {
          return await hub.updateRegistry(base.id, toPatch(draft, before, provider), { ifMatch: base.version });
        } catch (error) {
          if ((error as Partial<ApiError>).status === 412) setTheirs(await hub.getRegistry(base.id));
          throw error;
        }
      }}
      onSaved={(saved) => {
        refresh(saved);
        navigate(paths.registry(saved.name));
      }}
      explainFailure={explain}
      saveWord="Save changes"
    />
  );
}
