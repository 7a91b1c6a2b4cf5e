import { Link } from 'wouter';
import type { Registry } from '../../../api/types.ts';
import { Panel } from '../../../components/bits.tsx';
import { CodeFile } from '../../../components/code-file.tsx';
import { CodeLine } from '../../../components/copy.tsx';
import { kubeletConfig, kubeletSettings } from '../../../lib/kubelet-config.ts';
import { paths } from '../../../lib/paths.ts';
import styles from './clients.module.css';

/** Pulling in a cluster: by the kubelet of each node, or by pull secrets. */
export function KubernetesPanel({ registry }: { registry: Registry }) {
  return (
    <Panel title="Pull in Kubernetes">
      <ol className={styles.steps}>
        <li>
          <p>
            On each node, the kubelet asks Tagboat itself: no secret in any namespace. Put tagboat-kubelet-credential-provider and these
            files there, and into /etc/tagboat/token a <Link href={paths.settings('tokens')}>token</Link> of the role viewer or operator.
          </p>
          <CodeFile path="/etc/tagboat/kubelet-credential-provider.json" content={kubeletSettings(location.origin)} />
          <CodeFile path="/etc/kubernetes/credential-providers.yaml" content={kubeletConfig(registry.prefix)} />
          <CodeLine
            text="--image-credential-provider-config=/etc/kubernetes/credential-providers.yaml --image-credential-provider-bin-dir=/usr/local/bin"
            label="the flags of the kubelet"
          />
        </li>
        <li>
          <p>Or make a pull secret. It holds the credential as it is now, and has to be made again when that ends.</p>
          <CodeLine text={`tagboat secret render ${registry.name} --namespace default | kubectl apply -f -`} label="the command" />
        </li>
      </ol>
    </Panel>
  );
}
