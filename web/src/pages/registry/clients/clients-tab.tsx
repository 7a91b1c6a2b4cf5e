import type { Registry } from '../../../api/types.ts';
import { ClientConfigPanel } from './client-config-panel.tsx';
import styles from './clients.module.css';
import { HandoutPanel } from './handout-panel.tsx';
import { HelperPanel } from './helper-panel.tsx';
import { KubernetesPanel } from './kubernetes-panel.tsx';

/** How docker, podman, containerd, Kubernetes and CI jobs get at this registry. */
export default function ClientsTab({ registry }: { registry: Registry }) {
  const signsIn = registry.signIn !== 'anonymous';
  return (
    <div className={styles.stack}>
      <ClientConfigPanel registry={registry} />
      <div className={styles.columns}>
        <div className={styles.stack}>{signsIn && <HelperPanel registry={registry} />}</div>
        <div className={styles.stack}>
          {signsIn && <KubernetesPanel registry={registry} />}
          {signsIn && <HandoutPanel registry={registry} />}
        </div>
      </div>
    </div>
  );
}
