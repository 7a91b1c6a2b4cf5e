import { useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { followTest, hub } from '../../api/client.ts';
import { useProviders } from '../../api/queries.ts';
import type { Detection, Provider } from '../../api/types.ts';
import { Page } from '../../components/page.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { toInput } from '../../lib/draft-input.ts';
import { paths } from '../../lib/paths.ts';
import { applyDetection, emptyDraft, type RegistryDraft } from '../../lib/registry-draft.ts';
import { Chooser } from './chooser.tsx';
import { RegistryForm } from './registry-form.tsx';
import { useRefreshRegistries } from './use-refresh.ts';

/** Connect a registry: recognise or choose the provider, then the form with the doctor beside it. */
export default function ConnectPage() {
  const providers = useProviders();
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const refresh = useRefreshRegistries();
  // Kept in memory only: it may hold a pasted secret.
  const [found, setFound] = useState<Detection>();
  const chosen = providers.data?.find((provider) => provider.id === search.get('provider'));

  const choose = (provider: Provider, detection?: Detection) => {
    setFound(detection);
    setSearch({ provider: provider.id });
  };
  const crumbs = [{ label: 'Registries', href: paths.registries }];
  return (
    <Page title="Connect a registry" crumbs={crumbs}>
      {providers.isPending && <LoadingRows rows={6} height={54} label="Loading providers" />}
      {providers.error !== null && <ProblemView error={providers.error} onRetry={() => void providers.refetch()} />}
      {providers.data && !chosen && <Chooser providers={providers.data} onChoose={choose} />}
      {providers.data && chosen && (
        <RegistryForm
          key={chosen.id}
          providers={providers.data}
          initial={startDraft(chosen, found)}
          {...(found?.provider === chosen.id ? { found } : {})}
          onChangeProvider={() => setSearch({})}
          onTest={(draft, provider, options, signal) =>
            followTest(hub.testNewRegistry({ registry: toInput(draft, provider), options }, { signal }))
          }
          onSave={(draft, provider) => hub.createRegistry(toInput(draft, provider))}
          onSaved={(registry) => {
            refresh(registry);
            navigate(`${paths.registry(registry.name)}?connected=1`);
          }}
          saveWord="Save"
        />
      )}
    </Page>
  );
}

function startDraft(provider: Provider, found: Detection | undefined): RegistryDraft {
  const draft = emptyDraft(provider);
  return found === undefined ? draft : applyDetection(draft, { ...found, provider: provider.id }, provider);
}
