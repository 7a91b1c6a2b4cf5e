import { SegmentedControl, Select } from '@mantine/core';
import { useAlerts, useRegistries } from '../../api/queries.ts';
import type { Alert } from '../../api/types.ts';
import { AlertList } from '../../components/alert-list.tsx';
import { Grow, Toolbar } from '../../components/bits.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, LoadingRows, ProblemView } from '../../components/states.tsx';
import { alertLevels, levelWords } from '../../lib/alerts.ts';
import { plural } from '../../lib/format.ts';
import { useUrlChoice, useUrlState } from '../../lib/use-url-state.ts';

/** What has to be seen to before it hurts. */
export default function AlertsPage() {
  const alerts = useAlerts();
  return (
    <Page title="Alerts" narrow>
      {alerts.isPending && <LoadingRows rows={4} height={96} label="Loading alerts" toolbar />}
      {alerts.error !== null && <ProblemView error={alerts.error} onRetry={() => void alerts.refetch()} />}
      {alerts.data && (alerts.data.items.length === 0 ? <Nothing /> : <Filtered alerts={alerts.data.items} />)}
    </Page>
  );
}

const shownStates = ['open', 'all'] as const;

function Filtered({ alerts }: { alerts: readonly Alert[] }) {
  const [level, setLevel] = useUrlState('level');
  const [registry, setRegistry] = useUrlState('registry');
  const [state, setState] = useUrlChoice('state', shownStates, 'all');
  const registries = useRegistries();
  const shown = alerts.filter(
    (alert) =>
      (level === '' || alert.level === level) &&
      (registry === '' || alert.registry.name === registry) &&
      (state === 'all' || alert.acknowledgedAt === undefined),
  );
  const open = alerts.filter((alert) => alert.acknowledgedAt === undefined).length;
  const names = [...new Set(alerts.map((alert) => alert.registry.name))];
  return (
    <>
      <Toolbar>
        <SegmentedControl
          aria-label="Which alerts"
          size="xs"
          value={state}
          onChange={(next) => setState(next)}
          data={[
            { value: 'all', label: 'All' },
            { value: 'open', label: 'Nobody sees to yet' },
          ]}
        />
        <Select
          aria-label="Level"
          placeholder="Any level"
          data={alertLevels.map((each) => ({ value: each, label: levelWords[each] }))}
          value={level === '' ? null : level}
          onChange={(value) => setLevel(value ?? '')}
          clearable
          w={140}
        />
        {(registries.data?.items.length ?? 0) > 1 && (
          <Select
            aria-label="Registry"
            placeholder="Any registry"
            data={names}
            value={registry === '' ? null : registry}
            onChange={(value) => setRegistry(value ?? '')}
            searchable
            clearable
            w={180}
          />
        )}
        <Grow />
        <span className="dim num" role="status">
          {open === 0 ? 'somebody sees to all of them' : `${plural(open, 'alert')} to see to`}
        </span>
      </Toolbar>
      {shown.length === 0 ? (
        <EmptyState small title="No alert matches">
          <p>None of the {plural(alerts.length, 'alert')} fits the filters above.</p>
        </EmptyState>
      ) : (
        <AlertList alerts={shown} label="Alerts" withRegistry />
      )}
    </>
  );
}

function Nothing() {
  return (
    <EmptyState title="Nothing to see to">
      <p>
        An alert comes 30, 7 and 1 days before a key, token or certificate ends that does not renew itself, and as soon as a credential
        cannot be renewed. It says what depends on it, and goes when its cause is gone. When a secret ends that says nothing of it itself,
        state the day on the registry’s page, under Credential.
      </p>
    </EmptyState>
  );
}
