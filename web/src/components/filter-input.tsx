import { CloseButton, Kbd, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import styles from './bits.module.css';
import { IconSearch } from './icons.tsx';

interface FilterInputProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  placeholder?: string;
  /** Milliseconds of rest before the list is asked; 0 for lists filtered here. */
  delay?: number;
  error?: string;
  autoFocus?: boolean;
  /** False for the second filter of a page: `/` goes to the first. */
  hint?: boolean;
}

/** The filter of a list. `/` puts the cursor here, Escape empties it, then leaves it. */
export function FilterInput({ value, onChange, label, placeholder, delay = 0, error, autoFocus = false, hint = true }: FilterInputProps) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const send = useDebouncedCallback((next: string) => {
    sent.current = next;
    onChange(next);
  }, delay);

  // The address may change by itself (back button): follow it, but never overwrite what is being typed.
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);

  const change = (next: string) => {
    setText(next);
    if (delay === 0) {
      sent.current = next;
      onChange(next);
    } else send(next);
  };

  return (
    <TextInput
      className={styles.filter}
      type="search"
      data-filter
      aria-label={label}
      placeholder={placeholder ?? label}
      value={text}
      error={error}
      autoFocus={autoFocus}
      spellCheck={false}
      autoComplete="off"
      leftSection={<IconSearch />}
      rightSection={
        text === '' && !hint ? undefined : text === '' ? (
          <Kbd size="xs" aria-hidden="true">
            /
          </Kbd>
        ) : (
          <CloseButton size="sm" aria-label="Clear the filter" onClick={() => change('')} />
        )
      }
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        if (text === '') event.currentTarget.blur();
        else change('');
      }}
    />
  );
}
