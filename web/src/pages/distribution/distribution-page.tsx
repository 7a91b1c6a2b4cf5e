import { Button, Tabs } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Link, useLocation } from 'wouter';
import { useMay } from '../../api/queries.ts';
import { IconDistribution } from '../../components/icons.tsx';
import { Page } from '../../components/page.tsx';
import { LoadingRows } from '../../components/states.tsx';
import { paths } from '../../lib/paths.ts';
import NotFoundPage from '../not-found-page.tsx';
import { CopiesTab } from './copies-tab.tsx';
import { useAnyCopy } from './use-copies.ts';

const SyncTab = lazy(() => import('../sync/sync-tab.tsx'));

const tabs = { copies: paths.distribution, rules: paths.syncRules } as const;

/** Moving images between registries: copies that are made once, and rules that keep repositories in step. */
export default function DistributionPage({ tab }: { tab: string }) {
  const [, navigate] = useLocation();
  const may = useMay();
  const anyCopy = useAnyCopy();
  if (tab !== 'copies' && tab !== 'rules') return <NotFoundPage />;
  return (
    <Page
      title="Distribution"
      actions={
        tab === 'copies' &&
        anyCopy !== false &&
        may('copy:write') && (
          <Button component={Link} href={paths.copyNew()} leftSection={<IconDistribution />}>
            Copy an image
          </Button>
        )
      }
    >
      <Tabs value={tab} keepMounted={false} onChange={(value) => navigate(value === 'rules' ? tabs.rules : tabs.copies)}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="copies">Copies</Tabs.Tab>
          {may('sync:read') && <Tabs.Tab value="rules">Sync rules</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="copies">
          <CopiesTab />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <Suspense fallback={<LoadingRows rows={6} height={60} label="Loading the rules" />}>
            <SyncTab />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
