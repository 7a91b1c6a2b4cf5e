import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import type { ImportPlan, ImportPlanInput } from '../../api/types.ts';
import { DocumentsForm, type Documents, emptyDocuments } from './documents-form.tsx';
import { PlanView } from './plan-view.tsx';

/** Documents first, then the plan of what would be done, then doing it. What is pasted may hold secrets: it lives in memory only. */
export function ImportPanel() {
  const [documents, setDocuments] = useState<Documents>(emptyDocuments);
  const [planned, setPlanned] = useState<{ request: ImportPlanInput; plan: ImportPlan }>();
  const plan = useMutation({
    gcTime: 0,
    mutationFn: async (request: ImportPlanInput) => ({ request, plan: await hub.planImport(request) }),
    onSuccess: setPlanned,
  });
  if (planned) return <PlanView request={planned.request} plan={planned.plan} onBack={() => setPlanned(undefined)} />;
  return (
    <DocumentsForm
      documents={documents}
      onChange={setDocuments}
      busy={plan.isPending}
      error={plan.error}
      onPlan={(request) => plan.mutate(request)}
    />
  );
}
