import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { IconPlus } from '../../components/icons.tsx';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { EmptyState } from '../../components/states.tsx';
import { useProviders } from '../../api/queries.ts';
import { paths } from '../../lib/paths.ts';

/** The empty list of a new hub: what a registry is here, and how to add the first. */
export function FirstRegistry({ mayConnect }: { mayConnect: boolean }) {
  const providers = useProviders();
  if (!mayConnect) {
    return (
      <EmptyState title="No registry for you yet">
        <p>
          You see a registry here as soon as it is in one of your projects. Ask an operator or administrator of this Tagboat for access.
        </p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="Connect the first registry"
      action={
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
          <Button component={Link} href={paths.connect} leftSection={<IconPlus />}>
            Connect a registry
          </Button>
          <Button component={Link} href={paths.import} variant="default">
            Import from another system
          </Button>
        </div>
      }
    >
      <p>
        Paste what you have: an address, an image reference, a <span className="mono">docker login</span> line, a JSON key. Tagboat
        recognises the provider, asks only for what is missing, and tests the connection step by step before anything is saved.
      </p>
      <p>After that you browse its repositories, tags and images here, and see each credential’s expiry before it bites.</p>
      <div style={{ display: 'flex', gap: 14, flexWrap: 'wrap', padding: '4px 0' }}>
        {(providers.data ?? []).slice(0, 12).map((provider) => (
          <ProviderMark key={provider.id} provider={provider.id} size={26} />
        ))}
      </div>
    </EmptyState>
  );
}
