import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useMay, useProviders } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip, Panel, row, Sheet } from '../../components/bits.tsx';
import { Notice } from '../../components/states.tsx';
import { formatSpan } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { activeFields } from '../../lib/registry-draft.ts';
import { ExpiryCell } from '../registries/registry-cells.tsx';
import styles from './overview.module.css';

const kinds = { anonymous: 'Anonymous', basic: 'Username and password', identity: 'Identity token', bearer: 'Bearer token' } as const;

/** What Tagboat signs in with: everything but the secret. */
export function CredentialTab({ registry }: { registry: Registry }) {
  const providers = useProviders();
  const may = useMay();
  const provider = providers.data?.find((each) => each.id === registry.provider);
  const method = provider?.signIn.find((each) => each.method === registry.signIn);
  const fields = provider ? activeFields(provider, registry.signIn) : [];
  return (
    <div className={styles.columns}>
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
            ...fields.map((field) =>
              row(field.label, field.secret ? storedChip(registry, field.name) : settingText(registry.settings[field.name])),
            ),
            row(
              'Expiry set by you',
              registry.credentialExpirySeconds === undefined ? undefined : formatSpan(registry.credentialExpirySeconds * 1000),
            ),
          ]}
        />
      </Panel>
      <Panel title="Credential in use">
        {registry.credential ? (
          <Sheet
            rows={[
              row('Kind', kinds[registry.credential.kind]),
              row(
                'Username',
                registry.credential.username === undefined ? undefined : <span className="mono">{registry.credential.username}</span>,
              ),
              row('Issued', registry.credential.issuedAt === undefined ? undefined : <Ago time={registry.credential.issuedAt} />),
              row('Expires', registry.credential.expiresAt === undefined ? 'Not by itself' : <Ago time={registry.credential.expiresAt} />),
              row(
                'Left',
                registry.credential.expiresAt === undefined ? undefined : (
                  <div style={{ maxWidth: 200 }}>
                    <ExpiryCell registry={registry} />
                  </div>
                ),
              ),
            ]}
          />
        ) : (
          <p className="dim" style={{ margin: 0 }}>
            None was issued yet. It is, at the first test or read.
          </p>
        )}
        <p className="dim" style={{ margin: '10px 0 0', fontSize: '0.8125rem' }}>
          Renewed ahead of its expiry. Secrets are sealed when they are saved and never shown again, not to administrators either.
        </p>
      </Panel>
    </div>
  );
}

function storedChip(registry: Registry, name: string) {
  return registry.secretsSet.includes(name) ? <Chip>stored, sealed</Chip> : undefined;
}

function settingText(value: unknown) {
  if (value === undefined || value === null || value === '') return undefined;
  return <span className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</span>;
}
