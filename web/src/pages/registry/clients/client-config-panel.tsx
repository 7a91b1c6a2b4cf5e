import { SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedValue, useMediaQuery } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../../api/client.ts';
import { problemOf } from '../../../api/problem.ts';
import type { ClientConfig, Registry } from '../../../api/types.ts';
import { Panel } from '../../../components/bits.tsx';
import { CodeFile } from '../../../components/code-file.tsx';
import { CodeLine } from '../../../components/copy.tsx';
import { EmptyState, LoadingRows, ProblemView } from '../../../components/states.tsx';
import { problemFields } from '../../../lib/draft-check.ts';
import { useViewChoice } from '../../../lib/view-choice.ts';
import connect from '../../connect/connect.module.css';
import styles from './clients.module.css';

const clients = ['docker', 'containerd', 'buildkit', 'podman', 'cri-o', 'skopeo', 'buildah'] as const;
const names: Readonly<Record<ClientConfig['client'], string>> = {
  docker: 'Docker',
  containerd: 'containerd',
  buildkit: 'BuildKit',
  podman: 'Podman',
  'cri-o': 'CRI-O',
  skopeo: 'skopeo',
  buildah: 'Buildah',
};

/** The files that a client needs, where each goes, and what to do after. */
export function ClientConfigPanel({ registry }: { registry: Registry }) {
  const [client, setClient] = useViewChoice('client', clients, 'docker');
  const [mirrorOf, setMirrorOf] = useState('');
  const [version, setVersion] = useState<'1' | '2'>('2');
  const [settled] = useDebouncedValue(mirrorOf.trim(), 300);
  const narrow = useMediaQuery('(max-width: 48em)') ?? false;
  const query = {
    for: client,
    ...(settled !== '' && { mirrorOf: settled }),
    ...(client === 'containerd' && { containerd: version }),
  };
  const config = useQuery({
    queryKey: ['client-config', registry.id, registry.version, query],
    queryFn: ({ signal }) => hub.getClientConfig(registry.id, query, { signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const problem = config.error === null ? undefined : problemOf(config.error);
  const fault = problemFields(problem).mirrorOf;
  return (
    <Panel title="Configure a client">
      <div className={styles.stack}>
        <div className={styles.options}>
          {narrow ? (
            <Select
              label="Client"
              data={clients.map((each) => ({ value: each, label: names[each] }))}
              value={client}
              allowDeselect={false}
              onChange={(next) => setClient(clients.find((each) => each === next) ?? 'docker')}
            />
          ) : (
            <div className={styles.pick}>
              <SegmentedControl
                aria-label="Client"
                data={clients.map((each) => ({ value: each, label: names[each] }))}
                value={client}
                onChange={setClient}
              />
            </div>
          )}
          {client === 'containerd' && (
            <SegmentedControl
              aria-label="Version of containerd"
              data={[
                { value: '2', label: 'containerd 2' },
                { value: '1', label: 'containerd 1' },
              ]}
              value={version}
              onChange={setVersion}
            />
          )}
          <TextInput
            label={
              <>
                It is a mirror of<span className="dim"> · optional</span>
              </>
            }
            placeholder="docker.io"
            className={connect.code}
            autoComplete="off"
            spellCheck={false}
            w={210}
            value={mirrorOf}
            error={fault}
            onChange={(event) => setMirrorOf(event.currentTarget.value)}
          />
        </div>
        {config.isPending && <LoadingRows rows={3} height={64} label="Loading the configuration" />}
        {problem && fault === undefined && <ProblemView error={config.error} onRetry={() => void config.refetch()} />}
        {config.data && problem === undefined && (
          <Configuration
            config={config.data}
            more={`${settled === '' ? '' : ` --mirror-of ${settled}`}${client === 'containerd' && version === '1' ? ' --containerd-version 1' : ''}`}
          />
        )}
      </div>
    </Panel>
  );
}

function Configuration({ config, more }: { config: ClientConfig; more: string }) {
  const { files, commands, notes } = config;
  return (
    <>
      {files.length === 0 && (
        <EmptyState small title={`${names[config.client]} needs no file`}>
          {notes[0] !== undefined && <p>{notes[0]}</p>}
        </EmptyState>
      )}
      {files.map((file) => (
        <CodeFile
          key={file.path}
          path={file.path}
          content={file.content}
          remarks={[
            ...(file.action === 'merge' ? ['add this to the file, what else is in it stays'] : []),
            ...(file.mode === '0600' ? ['readable by its owner only'] : []),
            ...(file.placeholder ? ['to be filled in by you'] : []),
          ]}
          {...(file.note === undefined ? {} : { note: file.note })}
        />
      ))}
      {commands.map(({ description, command }) => (
        <div key={command} className={styles.command}>
          <span className="dim" style={{ fontSize: '0.8125rem' }}>
            {description}
          </span>
          <CodeLine text={command} label="the command" />
        </div>
      ))}
      {notes.length > (files.length === 0 ? 1 : 0) && (
        <ul className={styles.notes} aria-label="Notes">
          {notes.slice(files.length === 0 ? 1 : 0).map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <div className={styles.command}>
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          The same on the command line, which can write the files, too
        </span>
        <CodeLine text={`tagboat client-config ${config.registry.name} --for ${config.client}${more}`} label="the command" />
      </div>
    </>
  );
}
