import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { hub } from '../../../api/client.ts';
import type { Registry } from '../../../api/types.ts';
import { Panel } from '../../../components/bits.tsx';
import { CodeFile } from '../../../components/code-file.tsx';
import { CodeLine } from '../../../components/copy.tsx';
import { paths } from '../../../lib/paths.ts';
import styles from './clients.module.css';

/** Signing in without a password on the machine: the helper asks Tagboat each time. */
export function HelperPanel({ registry }: { registry: Registry }) {
  const query = { for: 'docker' } as const;
  const config = useQuery({
    queryKey: ['client-config', registry.id, registry.version, query],
    queryFn: ({ signal }) => hub.getClientConfig(registry.id, query, { signal }),
    retry: false,
  });
  const entry = config.data?.files.find((file) => file.path.endsWith('config.json') && file.content.includes('credHelpers'));
  return (
    <Panel title="Sign in through Tagboat">
      <p className={styles.plain} style={{ marginBottom: 14 }}>
        With the credential helper, no password is kept on the machine: docker, podman, skopeo and buildah ask Tagboat for one each time, so
        it is always fresh.
      </p>
      <ol className={styles.steps}>
        <li>
          <p>Install Tagboat’s command line. It brings docker-credential-tagboat along.</p>
          <CodeLine text="npm install --global tagboat" label="the command" />
        </li>
        <li>
          <p>
            Sign in once. For a machine or a CI job, <Link href={paths.settings('tokens')}>create a token</Link> that is limited to this
            registry, and set it in the environment instead.
          </p>
          <CodeLine text={`tagboat login ${location.origin}`} label="the command" />
          <CodeLine text={`export TAGBOAT_URL=${location.origin} TAGBOAT_TOKEN=tgb_…`} label="the variables" />
        </li>
        <li>
          <p>Name the helper in the client’s configuration. Podman, skopeo and buildah read this file, too.</p>
          {entry && <CodeFile path={entry.path} content={entry.content} remarks={['add this to the file, what else is in it stays']} />}
        </li>
        <li>
          <p>Or run one command with a throw-away configuration, and leave your own as it is.</p>
          <CodeLine text={`tagboat exec --registry ${registry.name} -- docker pull ${registry.prefix}/…`} label="the command" />
        </li>
      </ol>
    </Panel>
  );
}
