import '@mantine/spotlight/styles.css';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useMantineColorScheme } from '@mantine/core';
import { hub } from '../../api/client.ts';
import { keys, useMay, useRegistries } from '../../api/queries.ts';
import type { SearchHit } from '../../api/types.ts';
import { hitPath, hitWords } from '../../lib/search-hit.ts';
import { paths } from '../../lib/paths.ts';
import {
  IconActivity,
  IconBell,
  IconDistribution,
  IconImage,
  IconKeyboard,
  IconMoon,
  IconPlus,
  IconRegistry,
  IconRepository,
  IconSearch,
  IconSettings,
  IconSun,
  IconTag,
  IconUpload,
} from '../icons.tsx';

const [store, palette] = createSpotlight();

interface Command {
  label: string;
  words?: string;
  icon: ReactNode;
  run: () => void;
}

const hitIcons: Record<SearchHit['kind'], ReactNode> = {
  registry: <IconRegistry />,
  repository: <IconRepository />,
  tag: <IconTag />,
  digest: <IconImage />,
};

/** ⌘K: registries, repositories, tags, digests and commands. Loaded when it is first opened. */
export default function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const [query, setQuery] = useState('');
  const [settled] = useDebouncedValue(query.trim(), 120);
  const [, navigate] = useLocation();
  const { setColorScheme } = useMantineColorScheme();
  const may = useMay();
  const registries = useRegistries();
  const search = useQuery({
    queryKey: keys.search(settled),
    queryFn: ({ signal }) => hub.search({ q: settled, limit: 30 }, { signal }),
    enabled: settled.length > 1,
    retry: false,
  });
  const moved = useRef(false);
  useEffect(() => {
    palette.open();
    return () => palette.close();
  }, []);

  // Hits come after the first keystrokes: Enter takes the best of them, unless the person has chosen a row already.
  useEffect(() => {
    if (!moved.current) selectFirst();
  }, [search.data]);

  const commands: Command[] = [
    { label: 'Go to registries', icon: <IconRegistry />, run: () => navigate(paths.registries) },
    { label: 'Go to images', icon: <IconImage />, run: () => navigate(paths.images) },
    ...(may('copy:read')
      ? [
          {
            label: 'Go to distribution',
            words: 'copies history running',
            icon: <IconDistribution />,
            run: () => navigate(paths.distribution),
          },
        ]
      : []),
    { label: 'Go to alerts', words: 'expiry ends credential', icon: <IconBell />, run: () => navigate(paths.alerts) },
    ...(may('audit:read')
      ? [{ label: 'Go to activity', words: 'audit log', icon: <IconActivity />, run: () => navigate(paths.activity) }]
      : []),
    ...(may('registry:write')
      ? [{ label: 'Connect a registry', words: 'add new', icon: <IconPlus />, run: () => navigate(paths.connect) }]
      : []),
    ...(may('sync:write')
      ? [
          {
            label: 'New sync rule',
            words: 'distribution mirror schedule',
            icon: <IconDistribution />,
            run: () => navigate(paths.syncRuleNew),
          },
          { label: 'Import sync rules', words: 'regsync skopeo', icon: <IconUpload />, run: () => navigate(paths.syncImport) },
        ]
      : []),
    ...(may('copy:write')
      ? [{ label: 'Copy an image', words: 'distribution promote start', icon: <IconDistribution />, run: () => navigate(paths.copyNew()) }]
      : []),
    {
      label: 'Import and export registries',
      words: 'argocd docker regsync harbor',
      icon: <IconUpload />,
      run: () => navigate(paths.import),
    },
    { label: 'Account and password', words: 'settings', icon: <IconSettings />, run: () => navigate(paths.settings('account')) },
    ...(may('user:read')
      ? [{ label: 'People', words: 'settings users', icon: <IconSettings />, run: () => navigate(paths.settings('people')) }]
      : []),
    { label: 'Projects', words: 'settings teams', icon: <IconSettings />, run: () => navigate(paths.settings('projects')) },
    { label: 'API tokens', words: 'settings', icon: <IconSettings />, run: () => navigate(paths.settings('tokens')) },
    { label: 'Use the light appearance', words: 'theme', icon: <IconSun />, run: () => setColorScheme('light') },
    { label: 'Use the dark appearance', words: 'theme', icon: <IconMoon />, run: () => setColorScheme('dark') },
    { label: 'Keyboard shortcuts', words: 'help keys', icon: <IconKeyboard />, run: onHelp },
  ];
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const shownCommands = commands.filter((command) => matches(`${command.label} ${command.words ?? ''}`));
  const hits = settled.length > 1 ? (search.data?.items ?? []) : [];
  const known = (registries.data?.items ?? [])
    .filter((registry) => matches(`${registry.name} ${registry.host}`))
    .slice(0, query === '' ? 6 : 10);
  const others = hits.filter((hit) => hit.kind !== 'registry');
  const nothing = shownCommands.length + known.length + others.length === 0;

  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={(text) => {
        moved.current = false;
        setQuery(text);
      }}
      onSpotlightClose={onClose}
      shortcut={null}
      scrollable
      maxHeight={440}
      centered={false}
      yOffset="12vh"
      transitionProps={{ duration: 0 }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      size={620}
      returnFocus
      attributes={{ content: { 'aria-label': 'Search and commands' } }}
    >
      <Spotlight.Search
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') moved.current = true;
        }}
        placeholder="Registry, repository, tag, digest or command"
        aria-label="Search"
        leftSection={<IconSearch />}
      />
      <Spotlight.ActionsList>
        {known.length > 0 && (
          <Spotlight.ActionsGroup label="Registries">
            {known.map((registry) => (
              <Spotlight.Action
                key={registry.id}
                label={registry.name}
                description={registry.host}
                leftSection={<IconRegistry />}
                onClick={() => navigate(paths.registry(registry.name))}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {others.length > 0 && (
          <Spotlight.ActionsGroup label="Images">
            {others.map((hit) => {
              const { label, place } = hitWords(hit);
              return (
                <Spotlight.Action
                  key={`${hit.registryId}/${label}`}
                  label={label}
                  description={place}
                  leftSection={hitIcons[hit.kind]}
                  onClick={() => navigate(hitPath(hit))}
                />
              );
            })}
          </Spotlight.ActionsGroup>
        )}
        {shownCommands.length > 0 && (
          <Spotlight.ActionsGroup label="Commands">
            {shownCommands.map((command) => (
              <Spotlight.Action key={command.label} label={command.label} leftSection={command.icon} onClick={command.run} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {nothing && (
          <Spotlight.Empty>
            {search.isFetching
              ? 'Searching…'
              : 'Nothing found. The search knows the repositories and tags that were listed here before; opening a registry lists them.'}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/** Spotlight keeps its selection in the rows themselves; this is what it does when the query changes. */
function selectFirst(): void {
  const { listId } = store.getState();
  const list = listId === '' ? null : document.getElementById(listId);
  list?.querySelector('[data-selected]')?.removeAttribute('data-selected');
  list?.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
  store.updateState((state) => ({ ...state, selected: 0 }));
}
