import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useMay } from '../../api/queries.ts';
import { IconDistribution } from '../../components/icons.tsx';
import type { PromotedImage } from './promote-dialog.tsx';

const PromoteDialog = lazy(() => import('./promote-dialog.tsx'));

/** Sends an image to where images of its repository usually go next. For rows there is a `small` one. */
export function PromoteButton({ image, small = false }: { image: PromotedImage; small?: boolean }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  if (!may('copy:write')) return null;
  const { reference } = image;
  return (
    <>
      {small ? (
        <Tooltip label="Promote">
          <ActionIcon onClick={() => setOpen(true)} aria-label={`Promote ${reference}`}>
            <IconDistribution />
          </ActionIcon>
        </Tooltip>
      ) : (
        <Button onClick={() => setOpen(true)} leftSection={<IconDistribution />}>
          Promote
        </Button>
      )}
      {open && (
        <Suspense fallback={null}>
          <PromoteDialog image={image} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
