import { Menu, useMantineColorScheme } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { hub, setCsrf } from '../../api/client.ts';
import { keys, useAlerts, useMay } from '../../api/queries.ts';
import type { AlertList, Session } from '../../api/types.ts';
import { commandKey } from '../../lib/platform.ts';
import { paths } from '../../lib/paths.ts';
import {
  IconActivity,
  IconBell,
  IconBoat,
  IconCheck,
  IconDistribution,
  IconImage,
  IconKeyboard,
  IconMoon,
  IconRegistry,
  IconScreen,
  IconSearch,
  IconSettings,
  IconSignOut,
  IconSun,
  IconUser,
} from '../icons.tsx';
import { levelWords, worstOpen } from '../../lib/alerts.ts';
import styles from './shell.module.css';

const schemes = [
  { value: 'auto', label: 'As the system', icon: <IconScreen /> },
  { value: 'light', label: 'Light', icon: <IconSun /> },
  { value: 'dark', label: 'Dark', icon: <IconMoon /> },
] as const;

export function Navigation({ session, onSearch, onHelp }: { session: Session; onSearch: () => void; onHelp: () => void }) {
  const [location] = useLocation();
  const may = useMay();
  const counts = useAlerts().data?.counts;
  const items = [
    { href: paths.registries, label: 'Registries', icon: <IconRegistry />, shown: true },
    { href: paths.images, label: 'Images', icon: <IconImage />, shown: true },
    { href: paths.distribution, label: 'Distribution', icon: <IconDistribution />, shown: may('copy:read') },
    { href: paths.alerts, label: 'Alerts', icon: <IconBell />, shown: true, badge: <AlertBadge counts={counts} /> },
    { href: paths.activity, label: 'Activity', icon: <IconActivity />, shown: may('audit:read') },
    { href: '/settings', label: 'Settings', icon: <IconSettings />, shown: true },
  ];
  return (
    <>
      <Link className={styles.brand} href={paths.registries} aria-label="Tagboat, to the registries">
        <IconBoat size={22} /> Tagboat
      </Link>
      <button type="button" className={styles.search} onClick={onSearch}>
        <IconSearch /> Search <kbd>{commandKey} K</kbd>
      </button>
      <nav aria-label="Sections">
        <ul className={styles.nav}>
          {items
            .filter((item) => item.shown)
            .map((item) => (
              <li key={item.href}>
                <Link href={item.href} aria-current={location === item.href || location.startsWith(`${item.href}/`) ? 'page' : undefined}>
                  {item.icon} {item.label} {item.badge}
                </Link>
              </li>
            ))}
        </ul>
      </nav>
      <div className={styles.foot}>
        <UserMenu session={session} onHelp={onHelp} />
      </div>
    </>
  );
}

/** How many alerts nobody sees to yet, in the colour of the worst. */
function AlertBadge({ counts }: { counts: AlertList['counts'] | undefined }) {
  const level = worstOpen(counts);
  if (!counts || level === undefined) return null;
  return (
    <span className={`${styles.badge} ${styles[level]} num`}>
      {counts.open > 99 ? '99+' : counts.open}
      <span className="visually-hidden"> to see to, the worst: {levelWords[level].toLowerCase()}</span>
    </span>
  );
}

function UserMenu({ session, onHelp }: { session: Session; onHelp: () => void }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const client = useQueryClient();
  const signOut = useMutation({
    mutationFn: () => hub.signOut(),
    onSettled: () => {
      setCsrf(undefined);
      client.setQueryData(keys.session, null);
      // Nothing of what this person saw stays in memory for the next one.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' && query.queryKey[0] !== 'about' });
      void client.invalidateQueries({ queryKey: keys.about });
    },
  });
  return (
    <Menu position="top-start" width={220}>
      <Menu.Target>
        <button type="button" className={styles.user}>
          <IconUser />
          <span className="truncate">
            {session.user.displayName ?? session.user.name}
            <small>{session.user.role}</small>
          </span>
          <span className="visually-hidden">: appearance, shortcuts, sign out</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map((scheme) => (
          <Menu.Item
            key={scheme.value}
            leftSection={scheme.icon}
            rightSection={colorScheme === scheme.value ? <IconCheck /> : undefined}
            aria-current={colorScheme === scheme.value ? 'true' : undefined}
            onClick={() => setColorScheme(scheme.value)}
          >
            {scheme.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconUser />} component={Link} href={paths.settings('account')}>
          Account
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard />} onClick={onHelp}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item leftSection={<IconSignOut />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
