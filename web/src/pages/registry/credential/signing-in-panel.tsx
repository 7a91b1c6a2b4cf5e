import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useMay } from '../../../api/queries.ts';
import type { Provider, Registry } from '../../../api/types.ts';
import { Panel, row, Sheet } from '../../../components/bits.tsx';
import { Notice } from '../../../components/states.tsx';
import { formatSpan } from '../../../lib/format.ts';
import { paths } from '../../../lib/paths.ts';
import { activeFields } from '../../../lib/registry-draft.ts';
import { FieldValueText, hasText } from './field-text.tsx';

/** How Tagboat signs in: the way, its fields, and where secrets are kept. */
export function SigningInPanel({ registry, provider }: { registry: Registry; provider: Provider | undefined }) {
  const may = useMay();
  const method = provider?.signIn.find((each) => each.method === registry.signIn);
  const fields = provider ? activeFields(provider, registry.signIn) : [];
  return (
    <Panel
      title="Signing in"
      actions={
        may('registry:write') && (
          <Button size="xs" variant="default" component={Link} href={paths.registry(registry.name, 'edit')}>
            Change
          </Button>
        )
      }
    >
      {registry.secretsLost && (
        <Notice kind="bad">The master key that sealed these secrets is gone. Choose Change, enter them again and save.</Notice>
      )}
      <Sheet
        rows={[
          row('Provider', provider?.title ?? registry.provider),
          row('Method', method?.title ?? registry.signIn),
          ...fields.map((field) => {
            const value = registry.settings[field.name];
            const external = registry.signIn === 'external' && field.name === 'source' && typeof value === 'string';
            const text = {
              secret: field.secret,
              source: external ? value : registry.sources[field.name],
              stored: registry.secretsSet.includes(field.name),
              value,
            };
            return row(field.label, hasText(text) ? <FieldValueText {...text} /> : undefined);
          }),
          row(
            'Expiry set by you',
            registry.credentialExpirySeconds === undefined ? undefined : formatSpan(registry.credentialExpirySeconds * 1000),
          ),
        ]}
      />
    </Panel>
  );
}
