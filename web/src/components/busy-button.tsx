import { Button, type ButtonProps } from '@mantine/core';
import { type ComponentPropsWithoutRef, useEffect, useState } from 'react';

/** Whether something has been going on for a while: what is over within 200 ms shows no spinner. */
function useLate(active: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setLate(true), 200);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [active]);
  return active && late;
}

type BusyButtonProps = Omit<ButtonProps, 'loading'> & ComponentPropsWithoutRef<'button'> & { busy: boolean };

/** A button that does nothing while its work is under way, and says so when that takes a moment. */
export function BusyButton({ busy, onClick, ...props }: BusyButtonProps) {
  const late = useLate(busy);
  return (
    <Button
      {...props}
      loading={late}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
