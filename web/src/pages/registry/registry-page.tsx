import { ActionIcon, Button, Menu, Tabs } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { useMay, useRegistry } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { AlertMark } from '../../components/alert-mark.tsx';
import { Chip } from '../../components/bits.tsx';
import { IconMore, IconPencil, IconStar, IconTrash } from '../../components/icons.tsx';
import { Page } from '../../components/page.tsx';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { paths } from '../../lib/paths.ts';
import { AuditList } from '../activity/audit-list.tsx';
import { useRefreshRegistries } from '../connect/use-refresh.ts';
import NotFoundPage from '../not-found-page.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { RepositoriesTab } from './repositories-tab.tsx';

const CredentialTab = lazy(() => import('./credential/credential-tab.tsx'));
const ClientsTab = lazy(() => import('./clients/clients-tab.tsx'));

const tabs = ['overview', 'repositories', 'credential', 'clients', 'activity'] as const;

export default function RegistryPage({ name, tab }: { name: string; tab: string }) {
  const registry = useRegistry(name);
  const may = useMay();
  const [, navigate] = useLocation();
  const current = tabs.find((each) => each === tab);
  if (!current) return <NotFoundPage />;
  return (
    <Page
      title={name}
      crumbs={[{ label: 'Registries', href: paths.registries }]}
      lead={registry.data && <ProviderMark provider={registry.data.provider} size={28} />}
      heading={
        <span style={{ display: 'inline-flex', gap: 10, alignItems: 'center', flexWrap: 'wrap' }}>
          {registry.data?.name ?? name} {registry.data?.default === true && <Chip kind="accent">default</Chip>}
          {registry.data && <AlertMark registry={registry.data} />}
        </span>
      }
      actions={registry.data && <Actions registry={registry.data} />}
    >
      {registry.isPending && <LoadingRows rows={5} height={48} label="Loading the registry" />}
      {registry.error !== null && <ProblemView error={registry.error} onRetry={() => void registry.refetch()} />}
      {registry.data && (
        <Tabs
          value={current}
          keepMounted={false}
          onChange={(value) => {
            const next = tabs.find((each) => each === value);
            navigate(paths.registry(name, next === undefined || next === 'overview' ? undefined : next));
          }}
        >
          <Tabs.List mb="lg">
            <Tabs.Tab value="overview">Overview</Tabs.Tab>
            <Tabs.Tab value="repositories">Repositories</Tabs.Tab>
            <Tabs.Tab value="credential">Credential</Tabs.Tab>
            <Tabs.Tab value="clients">Use it</Tabs.Tab>
            {may('audit:read') && <Tabs.Tab value="activity">Activity</Tabs.Tab>}
          </Tabs.List>
          <Tabs.Panel value="overview">
            <OverviewTab registry={registry.data} />
          </Tabs.Panel>
          <Tabs.Panel value="repositories">
            <RepositoriesTab registry={registry.data} />
          </Tabs.Panel>
          <Tabs.Panel value="credential">
            <Suspense fallback={<LoadingRows rows={5} height={48} label="Loading the credential" />}>
              <CredentialTab registry={registry.data} />
            </Suspense>
          </Tabs.Panel>
          <Tabs.Panel value="clients">
            <Suspense fallback={<LoadingRows rows={5} height={48} label="Loading the clients" />}>
              <ClientsTab registry={registry.data} />
            </Suspense>
          </Tabs.Panel>
          <Tabs.Panel value="activity">
            <AuditList target={registry.data.id} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Page>
  );
}

function Actions({ registry }: { registry: Registry }) {
  const may = useMay();
  const refresh = useRefreshRegistries();
  const [removing, setRemoving] = useState(false);
  const makeDefault = useMutation({
    mutationFn: () => hub.setDefaultRegistry(registry.id),
    onSuccess: (saved) => {
      refresh(saved);
      notifications.show({ message: `${saved.name} is the default registry now.` });
    },
    onError: (error) => notifications.show({ color: 'red', message: problemOf(error).detail }),
  });
  return (
    <>
      <Button component={Link} href={paths.registry(registry.name, 'repositories')} variant="default">
        Browse repositories
      </Button>
      {may('registry:write') && (
        <Button component={Link} href={paths.registry(registry.name, 'edit')} variant="default" leftSection={<IconPencil />}>
          Edit
        </Button>
      )}
      {(may('registry:write') || may('registry:delete')) && (
        <Menu position="bottom-end" width={200}>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="More actions">
              <IconMore />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {may('registry:write') && (
              <Menu.Item leftSection={<IconStar />} disabled={registry.default} onClick={() => makeDefault.mutate()}>
                {registry.default ? 'Is the default' : 'Set as default'}
              </Menu.Item>
            )}
            {may('registry:delete') && (
              <Menu.Item leftSection={<IconTrash />} c="var(--bad-text)" onClick={() => setRemoving(true)}>
                Remove…
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      {removing && <RemoveDialog registry={registry} onClose={() => setRemoving(false)} />}
    </>
  );
}
