import { useQuery } from '@tanstack/react-query';
import { hub } from '../../../api/client.ts';
import { keys, useProviders } from '../../../api/queries.ts';
import type { Registry } from '../../../api/types.ts';
import { AlertList } from '../../../components/alert-list.tsx';
import { LoadingRows, ProblemView } from '../../../components/states.tsx';
import { BlastPanel } from './blast-panel.tsx';
import styles from './credential.module.css';
import { EndsPanel } from './ends-panel.tsx';
import { InUsePanel } from './in-use-panel.tsx';
import { RotationPanel } from './rotation-panel.tsx';
import { SigningInPanel } from './signing-in-panel.tsx';
import { UsesPanel } from './uses-panel.tsx';

/** The life of a registry's credential: everything but the secret. */
export default function CredentialTab({ registry }: { registry: Registry }) {
  const providers = useProviders();
  const detail = useQuery({
    queryKey: keys.credential(registry.id),
    queryFn: ({ signal }) => hub.getCredential(registry.id, { signal }),
  });
  const provider = providers.data?.find((each) => each.id === registry.provider);
  const open = detail.data?.alerts ?? [];
  return (
    <div className={styles.stack}>
      {open.length > 0 && <AlertList alerts={open} label={`Alerts of ${registry.name}`} />}
      <div className={styles.columns}>
        <div className={styles.stack}>
          <SigningInPanel registry={registry} provider={provider} />
          {detail.data && <EndsPanel registry={registry} ends={detail.data.ends} />}
        </div>
        <div className={styles.stack}>
          <InUsePanel registry={registry} detail={detail.data} />
          {detail.data && <BlastPanel registry={registry} radius={detail.data.blastRadius} />}
        </div>
      </div>
      {detail.isPending && <LoadingRows rows={4} height={56} label="Loading the credential" />}
      {detail.error !== null && <ProblemView error={detail.error} onRetry={() => void detail.refetch()} />}
      {detail.data && (
        <>
          {provider && <RotationPanel registry={registry} provider={provider} detail={detail.data} />}
          <UsesPanel uses={detail.data.uses} />
        </>
      )}
    </div>
  );
}
