import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { useMay } from '../../api/queries.ts';
import type { SyncImportInput, SyncImportResult } from '../../api/types.ts';
import type { Pasted } from '../../components/documents-input.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState } from '../../components/states.tsx';
import type { RuleFormat } from '../../lib/sync-import.ts';
import { ImportForm } from './import-form.tsx';
import { ImportedRules } from './imported-rules.tsx';
import { ruleCrumbs } from './new-rule-page.tsx';

export interface RuleDocuments extends Pasted {
  format: RuleFormat;
  /** Id of a registry, for documents that name no destination. */
  destination: string;
  prefix: string;
  scoped: boolean;
}

/** Rules of other systems become ours: documents, then what would become of each entry, then those that are wanted. */
export default function ImportRulesPage() {
  const may = useMay();
  const [documents, setDocuments] = useState<RuleDocuments>({
    format: 'regsync',
    text: '',
    files: [],
    destination: '',
    prefix: '',
    scoped: false,
  });
  const [found, setFound] = useState<SyncImportResult>();
  const read = useMutation({
    gcTime: 0,
    mutationFn: (request: SyncImportInput) => hub.importSyncRules({ ...request, dryRun: true }),
    onSuccess: setFound,
  });
  return (
    <Page title="Import sync rules" crumbs={ruleCrumbs}>
      {!may('sync:write') ? (
        <EmptyState small title="Rules are made by operators">
          <p>Your role sees rules. Ask an administrator for the role operator, or for this import.</p>
        </EmptyState>
      ) : found ? (
        <ImportedRules entries={found.items} notes={found.notes} format={documents.format} onBack={() => setFound(undefined)} />
      ) : (
        <ImportForm
          documents={documents}
          onChange={setDocuments}
          busy={read.isPending}
          error={read.error}
          onRead={(request) => read.mutate(request)}
        />
      )}
    </Page>
  );
}
