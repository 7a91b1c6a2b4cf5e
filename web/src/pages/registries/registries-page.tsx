import { Button, SegmentedControl, Select, VisuallyHidden } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useMay, useProjects, useProviders, useRegistries } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { Grow, Toolbar } from '../../components/bits.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { IconCards, IconPlus, IconTable } from '../../components/icons.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, LoadingRows, Notice, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { type RegistrySort, registrySorts, selectRegistries } from '../../lib/registry-list.ts';
import { useStableOrder } from '../../lib/use-stable-order.ts';
import { useUrlChoice, useUrlState } from '../../lib/use-url-state.ts';
import { useViewChoice } from '../../lib/view-choice.ts';
import { FirstRegistry } from './first-registry.tsx';
import { RegistryCards } from './registry-cards.tsx';
import { RegistryTable } from './registry-table.tsx';

const states = [
  { value: 'failing', label: 'Failing' },
  { value: 'degraded', label: 'Degraded' },
  { value: 'ok', label: 'Ok' },
  { value: 'unknown', label: 'Not checked' },
];

export default function RegistriesPage() {
  const registries = useRegistries();
  const may = useMay();
  const items = registries.data?.items;
  const connect = (
    <>
      <Button component={Link} href={may('registry:write') ? paths.import : `${paths.import}?tab=export`} variant="default">
        {may('registry:write') ? 'Import or export' : 'Export'}
      </Button>
      {may('registry:write') && (
        <Button component={Link} href={paths.connect} leftSection={<IconPlus />}>
          Connect a registry
        </Button>
      )}
    </>
  );
  return (
    <Page title="Registries" actions={items?.length === 0 ? undefined : connect}>
      {registries.error !== null && items === undefined && (
        <ProblemView error={registries.error} onRetry={() => void registries.refetch()} />
      )}
      {registries.isPending && <LoadingRows rows={8} height={54} label="Loading registries" toolbar />}
      {items !== undefined && items.length === 0 && <FirstRegistry mayConnect={may('registry:write')} />}
      {items !== undefined && items.length > 0 && <RegistryList registries={items} />}
    </Page>
  );
}

function RegistryList({ registries }: { registries: Registry[] }) {
  const [text, setText] = useUrlState('q');
  const [provider, setProvider] = useUrlState('provider');
  const [state, setState] = useUrlState('state');
  const [project, setProject] = useUrlState('project');
  const [sort, setSort] = useUrlChoice<RegistrySort>('sort', registrySorts, 'state');
  const [view, setView] = useViewChoice('registries-view', ['table', 'cards'] as const, 'table');
  const providers = useProviders();
  const projects = useProjects();
  const [round, setRound] = useState(0);

  const sorted = selectRegistries(registries, {
    text,
    sort,
    ...(provider === '' ? {} : { provider }),
    ...(state === '' ? {} : { state }),
    ...(project === '' ? {} : { project }),
  });
  const arranged = useStableOrder(
    JSON.stringify([text, provider, state, project, sort, round]),
    sorted.map((each) => each.id),
  );
  const byId = new Map(sorted.map((each) => [each.id, each]));
  const shown = arranged.shown.flatMap((id) => byId.get(id) ?? []);

  const used = new Set(registries.map((each) => each.provider));
  const providerOptions = [...used].map((id) => ({ value: id, label: providers.data?.find((each) => each.id === id)?.title ?? id }));
  const projectOptions = (projects.data ?? []).map((each) => ({ value: each.id, label: each.name }));
  const projectNames = new Map((projects.data ?? []).map((each) => [each.id, each.name]));
  const clear = () => {
    setText('');
    setProvider('');
    setState('');
    setProject('');
  };
  const filtered = text !== '' || provider !== '' || state !== '' || project !== '';

  return (
    <>
      <Toolbar>
        <FilterInput value={text} onChange={setText} label="Filter registries" placeholder="Filter by name, host, namespace" />
        <Select
          aria-label="Provider"
          placeholder="Any provider"
          data={providerOptions}
          value={provider === '' ? null : provider}
          onChange={(value) => setProvider(value ?? '')}
          clearable
          w={160}
        />
        <Select
          aria-label="State"
          placeholder="Any state"
          data={states}
          value={state === '' ? null : state}
          onChange={(value) => setState(value ?? '')}
          clearable
          w={140}
        />
        {projectOptions.length > 0 && (
          <Select
            aria-label="Project"
            placeholder="Any project"
            data={projectOptions}
            value={project === '' ? null : project}
            onChange={(value) => setProject(value ?? '')}
            clearable
            w={150}
          />
        )}
        <Grow />
        <span className="dim num" role="status">
          {filtered
            ? `${shown.length} of ${plural(registries.length, 'registry', 'registries')}`
            : plural(registries.length, 'registry', 'registries')}
        </span>
        <SegmentedControl
          size="xs"
          aria-label="View"
          value={view}
          onChange={setView}
          data={[
            { value: 'table', label: <ViewLabel icon={<IconTable />} text="Table" /> },
            { value: 'cards', label: <ViewLabel icon={<IconCards />} text="Cards" /> },
          ]}
        />
      </Toolbar>
      {arranged.waiting.length > 0 && (
        <div style={{ marginBottom: 10 }}>
          <Notice role="status">
            {plural(arranged.waiting.length, 'new registry', 'new registries')}.{' '}
            <Button size="compact-xs" variant="subtle" onClick={() => setRound((each) => each + 1)}>
              Show
            </Button>
          </Notice>
        </div>
      )}
      {shown.length === 0 ? (
        <EmptyState
          small
          title="No registry matches"
          action={
            <Button variant="default" size="xs" onClick={clear}>
              Clear the filters
            </Button>
          }
        >
          <p>None of the {plural(registries.length, 'registry', 'registries')} fits all of the filters above.</p>
        </EmptyState>
      ) : view === 'table' ? (
        <RegistryTable registries={shown} projectNames={projectNames} sort={sort} onSort={setSort} />
      ) : (
        <RegistryCards registries={shown} projectNames={projectNames} />
      )}
    </>
  );
}

function ViewLabel({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <span style={{ display: 'grid', placeItems: 'center', height: 20 }}>
      {icon}
      <VisuallyHidden>{text}</VisuallyHidden>
    </span>
  );
}
