import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { isTyping, sequenceMatcher } from '../../lib/keyboard.ts';
import { paths } from '../../lib/paths.ts';

export const shortcuts = [
  { keys: 'mod k', label: 'Search and commands' },
  { keys: '/', label: 'Filter this list' },
  { keys: 'g r', label: 'Registries' },
  { keys: 'g i', label: 'Images' },
  { keys: 'g d', label: 'Distribution' },
  { keys: 'g l', label: 'Alerts' },
  { keys: 'g a', label: 'Activity' },
  { keys: 'g s', label: 'Settings' },
  { keys: 'c r', label: 'Connect a registry' },
  { keys: 'c i', label: 'Copy an image' },
  { keys: 'esc', label: 'Close, or clear the filter' },
  { keys: '?', label: 'These shortcuts' },
] as const;

const places: Record<string, string> = {
  'g r': paths.registries,
  'g i': paths.images,
  'g d': paths.distribution,
  'g l': paths.alerts,
  'g a': paths.activity,
  'g s': '/settings',
  'c r': paths.connect,
  'c i': paths.copyNew(),
};

/** Keys that work everywhere, except while something is typed or a dialog is open. */
export function useShortcuts(actions: { palette: () => void; help: () => void }): void {
  const [, navigate] = useLocation();
  const current = useRef({ actions, navigate });
  useEffect(() => {
    current.current = { actions, navigate };
  });
  useEffect(() => {
    const matcher = sequenceMatcher({ '/': '/', '?': '?', ...Object.fromEntries(Object.keys(places).map((keys) => [keys, keys])) });
    const onKey = (event: KeyboardEvent) => {
      const { actions, navigate } = current.current;
      if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        actions.palette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector('[role="dialog"], [role="menu"]')) return;
      const command = matcher.press(event.key, event.timeStamp);
      if (command === undefined || command === 'pending') return;
      event.preventDefault();
      if (command === '/') document.querySelector<HTMLInputElement>('[data-filter]')?.focus();
      else if (command === '?') actions.help();
      else navigate(places[command] ?? paths.registries);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
