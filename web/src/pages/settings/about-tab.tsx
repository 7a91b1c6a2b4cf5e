import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { useAbout, useMay } from '../../api/queries.ts';
import { Ago } from '../../components/ago.tsx';
import { Panel, row, Sheet } from '../../components/bits.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { CodeLine } from '../../components/copy.tsx';
import { LoadingRows, Notice, ProblemView } from '../../components/states.tsx';

const stores = { sqlite: 'SQLite, embedded', postgres: 'PostgreSQL' } as const;

export function AboutTab() {
  const about = useAbout();
  if (about.isPending) return <LoadingRows rows={4} height={40} label="Loading" />;
  if (about.error !== null) return <ProblemView error={about.error} onRetry={() => void about.refetch()} />;
  const { version, store, keys, startedAt } = about.data;
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <Panel title="This Tagboat">
        <Sheet
          rows={[
            row('Version', version),
            row('Store', store === undefined ? undefined : stores[store]),
            row('Running since', startedAt === undefined ? undefined : <Ago time={startedAt} />),
            row(
              'API',
              <span>
                <a href="/docs">Documentation</a> · <a href="/openapi.json">OpenAPI</a>
              </span>,
            ),
          ]}
        />
      </Panel>
      <Panel title="Keys">
        {keys === 'lost' ? (
          <LostKey />
        ) : (
          <p style={{ margin: '0 0 10px' }}>
            Stored secrets are sealed with AES-256-GCM under a data key, which the master key wraps. The master key lies outside of the
            database and is never shown here. To change it, run on the server:
          </p>
        )}
        {keys !== 'lost' && <CodeLine text="tagboat key rotate" label="the command" />}
      </Panel>
    </div>
  );
}

/** The way out when the key is gone: a new key, and every secret entered again. */
function LostKey() {
  const client = useQueryClient();
  const may = useMay();
  const [asking, setAsking] = useState(false);
  const accept = useMutation({
    mutationFn: () => hub.acceptKeyLoss(),
    onSuccess: () => {
      setAsking(false);
      return client.invalidateQueries();
    },
  });
  return (
    <div style={{ display: 'grid', gap: 12, justifyItems: 'start' }}>
      <Notice kind="bad">
        The master key that sealed the stored secrets is gone. If you still have it, stop Tagboat, put it back and start again. If not, the
        secrets cannot be read any more and have to be entered again; everything else is kept.
      </Notice>
      {may('hub:write') && (
        <Button color="red" onClick={() => setAsking(true)}>
          Give the lost secrets up…
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          title="Give the lost secrets up"
          action="Give them up"
          confirmName="give up"
          busy={accept.isPending}
          error={accept.error}
          onConfirm={() => accept.mutate()}
          onClose={() => setAsking(false)}
        >
          <p style={{ margin: 0 }}>
            Tagboat makes a new key. The stored passwords and keys of all registries are gone for good, even if the old master key turns up.
            Each registry then asks for its own again.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}
