import { Tabs } from '@mantine/core';
import { useMay } from '../../api/queries.ts';
import { Page } from '../../components/page.tsx';
import { EmptyState } from '../../components/states.tsx';
import { paths } from '../../lib/paths.ts';
import { useUrlChoice } from '../../lib/use-url-state.ts';
import { ExportPanel } from './export-panel.tsx';
import { ImportPanel } from './import-panel.tsx';

const tabs = ['import', 'export'] as const;

/** Registries of other systems become ours, and ours theirs. */
export default function ImportPage() {
  const [tab, setTab] = useUrlChoice('tab', tabs, 'import');
  const may = useMay();
  return (
    <Page title="Import and export" crumbs={[{ label: 'Registries', href: paths.registries }]}>
      <Tabs value={tab} onChange={(next) => setTab(tabs.find((each) => each === next) ?? 'import')}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="import">Import</Tabs.Tab>
          <Tabs.Tab value="export">Export</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="import">
          {may('registry:write') ? (
            <ImportPanel />
          ) : (
            <EmptyState small title="Importing is for those who connect registries">
              <p>Your role sees registries. Ask an administrator for the role operator, or for this import.</p>
            </EmptyState>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="export">
          <ExportPanel />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
