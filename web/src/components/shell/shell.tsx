import { ActionIcon, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useLiveUpdates } from '../../api/events.ts';
import { useAbout, useAlerts } from '../../api/queries.ts';
import type { Session } from '../../api/types.ts';
import { worstOpen } from '../../lib/alerts.ts';
import { paths } from '../../lib/paths.ts';
import { IconBoat, IconMenu, IconSearch } from '../icons.tsx';
import { Notice } from '../states.tsx';
import { Navigation } from './navigation.tsx';
import styles from './shell.module.css';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const loadPalette = () => import('./palette.tsx');
const Palette = lazy(loadPalette);

/** The frame of every page: navigation, search, keyboard, live updates. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const [location] = useLocation();
  const [menu, menuControls] = useDisclosure(false);
  const [help, helpControls] = useDisclosure(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const closeMenu = menuControls.close;
  const about = useAbout();
  const counts = useAlerts().data?.counts;
  const level = worstOpen(counts);
  const open = counts && level !== undefined ? { count: counts.open, level } : undefined;
  useLiveUpdates();
  useShortcuts({ palette: () => setPaletteOpen(true), help: helpControls.open });

  // Moving to another page moves the focus there too, so that the keyboard and screen readers follow.
  useEffect(() => {
    closeMenu();
    if (first.current) first.current = false;
    else if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [location, closeMenu]);

  // Fetched when there is nothing else to do, so that the first ⌘K opens at once and loses no keystroke.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 1500);
    return () => clearTimeout(timer);
  }, []);

  const openSearch = () => {
    menuControls.close();
    setPaletteOpen(true);
  };
  const navigation = <Navigation session={session} onSearch={openSearch} onHelp={helpControls.open} />;
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main" data-skip>
        Skip to the content
      </a>
      <aside className={styles.side} aria-label="Main">
        {navigation}
      </aside>
      <header className={styles.top}>
        <ActionIcon size="lg" onClick={menuControls.open} aria-label="Open the menu">
          <IconMenu />
        </ActionIcon>
        <Link className={styles.brand} href={paths.registries}>
          <IconBoat size={20} /> Tagboat
        </Link>
        {open !== undefined && (
          <Link className={styles.topBadge} href={paths.alerts} aria-label={`${open.count} alerts to see to`}>
            <span className={`${styles.badge} ${styles[open.level]} num`}>{open.count}</span>
          </Link>
        )}
        <ActionIcon size="lg" onClick={openSearch} aria-label="Search">
          <IconSearch />
        </ActionIcon>
      </header>
      <Drawer
        opened={menu}
        onClose={menuControls.close}
        size={260}
        padding="xs"
        title="Menu"
        closeButtonProps={{ 'aria-label': 'Close the menu' }}
      >
        {navigation}
      </Drawer>
      <main ref={main} id="main" className={styles.main} tabIndex={-1}>
        {about.data?.keys === 'lost' && (
          <div className={styles.warn}>
            <Notice kind="bad" role="status">
              The master key that sealed the stored secrets is gone. Registries are kept, but each secret has to be entered again: open a
              registry, choose Edit, and save it with its password or key.
            </Notice>
          </div>
        )}
        {children}
      </main>
      {help && <ShortcutsDialog onClose={helpControls.close} />}
      {paletteOpen && (
        <Suspense fallback={null}>
          <Palette onClose={() => setPaletteOpen(false)} onHelp={helpControls.open} />
        </Suspense>
      )}
    </div>
  );
}
