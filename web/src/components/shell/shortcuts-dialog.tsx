import { Kbd, Modal } from '@mantine/core';
import { commandKey } from '../../lib/platform.ts';
import { row, Sheet } from '../bits.tsx';
import { shortcuts } from './use-shortcuts.ts';

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" size="sm" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Sheet
        rows={shortcuts.map((shortcut) =>
          row(
            shortcut.label,
            <span style={{ display: 'inline-flex', gap: 4 }}>
              {shortcut.keys.split(' ').map((key) => (
                <Kbd key={key}>{key === 'mod' ? commandKey : key}</Kbd>
              ))}
            </span>,
          ),
        )}
      />
    </Modal>
  );
}
