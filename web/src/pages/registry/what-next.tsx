import { CloseButton } from '@mantine/core';
import { Link } from 'wouter';
import type { Registry } from '../../api/types.ts';
import { Panel } from '../../components/bits.tsx';
import { CodeLine } from '../../components/copy.tsx';
import { paths } from '../../lib/paths.ts';
import styles from './overview.module.css';

/** After connecting: the few things that make sense now. */
export function WhatNext({ registry, onDismiss }: { registry: Registry; onDismiss: () => void }) {
  return (
    <Panel
      title={`${registry.name} is connected${registry.default ? ' and is the default registry' : ''}`}
      actions={<CloseButton aria-label="Dismiss" onClick={onDismiss} />}
    >
      <div className={styles.next}>
        <Link href={paths.registry(registry.name, 'repositories')}>
          <strong>Browse it</strong>
          <span>Repositories, tags, images</span>
        </Link>
        <Link href={paths.registry(registry.name, 'clients')}>
          <strong>Use it</strong>
          <span>docker, podman, containerd, Kubernetes</span>
        </Link>
        <Link href={paths.connect}>
          <strong>Connect another</strong>
          <span>One search covers them all</span>
        </Link>
        <Link href={paths.settings('projects')}>
          <strong>Choose who sees it</strong>
          <span>Projects and their members</span>
        </Link>
      </div>
      <p className="dim" style={{ margin: '12px 0 6px' }}>
        The same on the command line:
      </p>
      <CodeLine text={`tagboat repos ${registry.name}`} label="the command" />
    </Panel>
  );
}
