import { Tabs } from '@mantine/core';
import { useLocation } from 'wouter';
import { useMay } from '../../api/queries.ts';
import { Page } from '../../components/page.tsx';
import { paths } from '../../lib/paths.ts';
import NotFoundPage from '../not-found-page.tsx';
import { AboutTab } from './about-tab.tsx';
import { AccountTab } from './account-tab.tsx';
import { PeopleTab } from './people-tab.tsx';
import { ProjectsTab } from './projects-tab.tsx';
import { TokensTab } from './tokens-tab.tsx';

const titles = { account: 'Account', people: 'People', projects: 'Projects', tokens: 'Tokens', about: 'About' } as const;
type Tab = keyof typeof titles;

export default function SettingsPage({ tab }: { tab: string }) {
  const may = useMay();
  const [, navigate] = useLocation();
  const shown = (Object.keys(titles) as Tab[]).filter((each) => each !== 'people' || may('user:read'));
  const current = shown.find((each) => each === tab);
  if (!current) return <NotFoundPage />;
  return (
    <Page title="Settings" narrow>
      <Tabs
        value={current}
        keepMounted={false}
        onChange={(value) => navigate(paths.settings(shown.find((each) => each === value) ?? 'account'))}
      >
        <Tabs.List mb="lg">
          {shown.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {titles[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="account">
          <AccountTab />
        </Tabs.Panel>
        <Tabs.Panel value="people">
          <PeopleTab />
        </Tabs.Panel>
        <Tabs.Panel value="projects">
          <ProjectsTab />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <TokensTab />
        </Tabs.Panel>
        <Tabs.Panel value="about">
          <AboutTab />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
