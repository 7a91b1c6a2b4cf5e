import { useState } from 'react';

/**
 * A choice of how things look (table or cards), remembered on this device. Never anything else: no names, no secrets.
 */
export function useViewChoice<T extends string>(name: string, choices: readonly T[], standard: T): [T, (choice: T) => void] {
  const [choice, setChoice] = useState<T>(() => {
    const stored = read(name);
    return choices.find((each) => each === stored) ?? standard;
  });
  return [
    choice,
    (next) => {
      setChoice(next);
      try {
        localStorage.setItem(`tagboat.${name}`, next);
      } catch {
        // Storage is switched off: the choice lasts as long as the page.
      }
    },
  ];
}

function read(name: string): string | undefined {
  try {
    return localStorage.getItem(`tagboat.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}
