import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { ProblemView } from './states.tsx';
import { BusyButton } from './busy-button.tsx';

interface ConfirmDialogProps {
  title: string;
  children: ReactNode;
  /** The button's words: name what is destroyed. */
  action: string;
  /** Typed by the person where there is no way back. */
  confirmName?: string;
  busy: boolean;
  error?: unknown;
  disabled?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is destroyed: what, and what depends on it. Mount it only while it is open. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [typed, setTyped] = useState('');
  const ready = (props.confirmName === undefined || typed === props.confirmName) && props.disabled !== true;
  return (
    <Modal opened onClose={props.onClose} title={props.title} size="md" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !props.busy) props.onConfirm();
        }}
      >
        <Stack gap="md">
          {props.children}
          {props.confirmName !== undefined && (
            <TextInput
              label={
                <>
                  Type <span className="mono">{props.confirmName}</span> to confirm
                </>
              }
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              data-autofocus
            />
          )}
          {props.error !== undefined && props.error !== null && <ProblemView error={props.error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={props.onClose}>
              Cancel
            </Button>
            <BusyButton type="submit" color="red" disabled={!ready} busy={props.busy}>
              {props.action}
            </BusyButton>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function DialogText({ children }: { children: ReactNode }) {
  return <Text>{children}</Text>;
}
