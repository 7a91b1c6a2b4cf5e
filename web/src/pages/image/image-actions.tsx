import { ActionIcon, Menu } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../../api/queries.ts';
import type { Image } from '../../api/types.ts';
import { CopyButton } from '../../components/copy.tsx';
import { IconDistribution, IconMore, IconTrash } from '../../components/icons.tsx';
import { paths } from '../../lib/paths.ts';
import { PromoteButton } from '../distribution/promote-button.tsx';
import { DeleteDialog } from './delete-dialog.tsx';

/** What can be done with an image. */
export function ImageActions({ image }: { image: Image }) {
  const may = useMay();
  const [deleting, setDeleting] = useState(false);
  const { registry, repository } = image;
  const reference = image.tag ?? image.digest;
  return (
    <>
      <CopyButton value={image.reference} label="Copy the reference" />
      <PromoteButton image={{ registry, repository, reference }} />
      {(may('copy:write') || may('image:delete')) && (
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <ActionIcon size="lg" variant="default" aria-label="More actions">
              <IconMore />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {may('copy:write') && (
              <Menu.Item leftSection={<IconDistribution />} component={Link} href={paths.copyNew({ registry, repository, reference })}>
                Copy to…
              </Menu.Item>
            )}
            {may('image:delete') && (
              <Menu.Item leftSection={<IconTrash />} color="red" onClick={() => setDeleting(true)}>
                Delete…
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      {deleting && <DeleteDialog image={image} onClose={() => setDeleting(false)} />}
    </>
  );
}
