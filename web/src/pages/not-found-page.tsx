import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { Page } from '../components/page.tsx';
import { EmptyState } from '../components/states.tsx';
import { paths } from '../lib/paths.ts';

export default function NotFoundPage() {
  return (
    <Page title="No such page" narrow>
      <EmptyState
        title="There is nothing at this address"
        action={
          <Button component={Link} href={paths.registries}>
            Go to registries
          </Button>
        }
      >
        <p>The link may be old, or what it pointed to was renamed. Search with ⌘K or Ctrl K finds it if it is still there.</p>
      </EmptyState>
    </Page>
  );
}
