import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link, useSearchParams } from 'wouter';
import { followTest, hub } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import { keys, useMay, useProjects, useUserName } from '../../api/queries.ts';
import type { Registry } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Panel, row, Sheet } from '../../components/bits.tsx';
import { CertificateList } from '../../components/certificate-list.tsx';
import { CopyText } from '../../components/copy.tsx';
import { Capabilities, DoctorPanel } from '../../components/doctor/doctor-panel.tsx';
import { DoctorSteps } from '../../components/doctor/doctor-steps.tsx';
import { useDoctor } from '../../components/doctor/use-doctor.ts';
import { IconPlay } from '../../components/icons.tsx';
import { StateDot } from '../../components/state-dot.tsx';
import { LoadingRows, ProblemView } from '../../components/states.tsx';
import { formatCount } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { QuotaCell } from '../registries/registry-cells.tsx';
import styles from './overview.module.css';
import { WhatNext } from './what-next.tsx';
import { BusyButton } from '../../components/busy-button.tsx';

const tlsWords = {
  verify: 'Only secure connection',
  ca: 'Secure with CA certificate',
  insecure: 'Insecure: the certificate is not checked',
  plain: 'Plain HTTP, not encrypted',
} as const;

export function OverviewTab({ registry }: { registry: Registry }) {
  const [search, setSearch] = useSearchParams();
  const projects = useProjects();
  const projectNames = registry.projects.map((id) => projects.data?.find((project) => project.id === id)?.name ?? id);
  const editor = useUserName(registry.updatedBy);
  const { connection } = registry;
  return (
    <div className={styles.stack}>
      {search.get('connected') === '1' && <WhatNext registry={registry} onDismiss={() => setSearch({}, { replace: true })} />}
      <div className={styles.columns}>
        <Checks registry={registry} fresh={search.get('connected') === '1'} />
        <div className={styles.stack}>
          <Panel title="Registry">
            <Sheet
              rows={[
                row('Address', <CopyText value={registry.url} label="Address" />),
                row(
                  'References begin with',
                  <span className="mono">
                    <CopyText value={registry.prefix} label="Prefix" />
                  </span>,
                ),
                row('Namespace', registry.namespace === '' ? undefined : <span className="mono">{registry.namespace}</span>),
                row('Description', registry.description),
                row('Projects', registry.allProjects ? 'All, including those made later' : projectNames.join(', ')),
                row('Repositories', registry.repositoryCount === undefined ? undefined : formatCount(registry.repositoryCount)),
                row(
                  'Quota',
                  registry.quota === undefined ? undefined : (
                    <div style={{ maxWidth: 180 }}>
                      <QuotaCell registry={registry} />
                    </div>
                  ),
                ),
                row(
                  'Pinned repositories',
                  registry.pinnedRepositories.length === 0 ? undefined : (
                    <span className="mono">{registry.pinnedRepositories.join(', ')}</span>
                  ),
                ),
                row('Connected', <Ago time={registry.createdAt} />),
                row(
                  'Last change',
                  <span>
                    <Ago time={registry.updatedAt} />
                    {editor !== undefined && ` by ${editor}`}
                  </span>,
                ),
              ]}
            />
          </Panel>
          <Panel title="Connection">
            <Sheet
              rows={[
                row('Security', tlsWords[connection.tls]),
                row('Client certificate', connection.clientCertificate?.info[0]?.subject),
                row('Proxy', connection.proxy === undefined ? undefined : <span className="mono">{connection.proxy}</span>),
                row('Requests per second', connection.requestsPerSecond),
                row(
                  'Trusted token servers',
                  registry.trustedRealms.length === 0 ? undefined : <span className="mono">{registry.trustedRealms.join(', ')}</span>,
                ),
              ]}
            />
            {connection.caCertificates.length > 0 && (
              <div style={{ marginTop: 8 }}>
                <CertificateList certificates={connection.caCertificates} label="Trusted certificate authorities" />
              </div>
            )}
          </Panel>
        </div>
      </div>
    </div>
  );
}

/** The last report, or the test that runs now in its place. */
function Checks({ registry, fresh }: { registry: Registry; fresh: boolean }) {
  const may = useMay();
  const doctor = useDoctor();
  const report = useQuery({
    queryKey: keys.check(registry.id),
    queryFn: async ({ signal }) => {
      try {
        return await hub.getRegistryCheck(registry.id, { signal });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
  const { start } = doctor;
  const mayTest = may('registry:test');
  // Just saved and never checked: find out now rather than at the next round.
  const due = fresh && mayTest && registry.state.state === 'unknown';
  useEffect(() => {
    if (due) start(registry.id, (signal) => followTest(hub.testRegistry(registry.id, {}, { signal })));
  }, [due, start, registry.id]);
  const failed = registry.state.state === 'ok' ? undefined : report.data?.steps.find((step) => step.state === 'failed');
  const test = mayTest && (
    <BusyButton
      size="xs"
      leftSection={<IconPlay size={14} />}
      variant="default"
      busy={doctor.run.running}
      onClick={() => doctor.start(registry.id, (signal) => followTest(hub.testRegistry(registry.id, {}, { signal })))}
    >
      Test again
    </BusyButton>
  );
  return (
    <div className={styles.stack}>
      <Panel title="State" actions={test}>
        <StateDot state={registry.state} full />
        {failed?.help !== undefined && (
          <p style={{ margin: '8px 0' }}>
            {failed.help} {may('registry:write') && <Link href={paths.registry(registry.name, 'edit')}>Edit the registry</Link>}
          </p>
        )}
        {registry.state.nextAt !== undefined && (
          <div className="dim" style={{ fontSize: '0.8125rem' }}>
            Checked by itself again <Ago time={registry.state.nextAt} />
          </div>
        )}
      </Panel>
      {doctor.run.subject !== undefined ? (
        <DoctorPanel run={doctor.run} idle={null} onCancel={doctor.cancel} />
      ) : (
        <Panel title={<>Last check {report.data && <Ago time={report.data.startedAt} />}</>}>
          {report.isPending && <LoadingRows rows={5} height={40} label="Loading the last check" />}
          {report.error !== null && <ProblemView error={report.error} onRetry={() => void report.refetch()} />}
          {report.data === null && (
            <p className="dim" style={{ margin: 0 }}>
              Not checked yet. Tagboat tests every registry once an hour; “Test again” does it now.
            </p>
          )}
          {report.data && <DoctorSteps steps={report.data.steps} />}
          {report.data?.capabilities && (
            <div style={{ paddingTop: 10, borderTop: '1px solid var(--line)' }}>
              <Capabilities capabilities={report.data.capabilities} />
            </div>
          )}
        </Panel>
      )}
    </div>
  );
}
