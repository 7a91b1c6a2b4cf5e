/** Key sequences such as `g r`: remembers the first key for a moment and answers with the whole sequence's command. */
export interface SequenceMatcher {
  /** The command that this key completes, `'pending'` while a longer sequence is possible, or undefined. */
  press(key: string, at: number): string | undefined;
}

export function sequenceMatcher(sequences: Readonly<Record<string, string>>, patience = 1200): SequenceMatcher {
  let typed: string[] = [];
  let last = Number.NEGATIVE_INFINITY;
  return {
    press(key, at) {
      if (at - last > patience) typed = [];
      last = at;
      // A wrong second key may be the first key of another sequence.
      for (const attempt of [[...typed, key], [key]]) {
        const text = attempt.join(' ');
        const command = sequences[text];
        if (command !== undefined) {
          typed = [];
          return command;
        }
        if (Object.keys(sequences).some((sequence) => sequence.startsWith(`${text} `))) {
          typed = attempt;
          return 'pending';
        }
      }
      typed = [];
      return undefined;
    },
  };
}

interface KeyTarget {
  tagName?: string;
  isContentEditable?: boolean;
  type?: string;
}

const buttonLike = new Set(['checkbox', 'radio', 'button', 'submit', 'reset', 'file', 'range', 'color']);

/** Whether a key goes into a field, so that a single letter must not be taken for a command. */
export function isTyping(target: EventTarget | null): boolean {
  const element = target as KeyTarget | null;
  if (!element?.tagName) return false;
  if (element.isContentEditable === true) return true;
  const tag = element.tagName.toLowerCase();
  if (tag === 'textarea' || tag === 'select') return true;
  return tag === 'input' && !buttonLike.has(element.type ?? 'text');
}
