import { TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../../api/client.ts';
import { problemOf } from '../../../api/problem.ts';
import { keys, useMay } from '../../../api/queries.ts';
import type { CredentialEnd, Registry } from '../../../api/types.ts';
import { Ago } from '../../../components/ago.tsx';
import { Chip, Panel } from '../../../components/bits.tsx';
import { BusyButton } from '../../../components/busy-button.tsx';
import { ProblemView } from '../../../components/states.tsx';
import { endTone, endWords } from '../../../lib/credential-words.ts';
import { problemFields } from '../../../lib/draft-check.ts';
import { formatDate } from '../../../lib/format.ts';
import { useNow } from '../../../lib/use-now.ts';
import { useRefreshRegistries } from '../../connect/use-refresh.ts';
import styles from './credential.module.css';

/** When what does not renew itself ends: keys, tokens, certificates. */
export function EndsPanel({ registry, ends }: { registry: Registry; ends: readonly CredentialEnd[] }) {
  const now = useNow();
  const may = useMay();
  return (
    <Panel title="What ends, and when">
      {ends.length === 0 ? (
        <p className="dim" style={{ margin: 0 }}>
          {registry.signIn === 'anonymous'
            ? 'Nothing: no secret is used.'
            : 'Nothing that is known of. Where the registry does not tell when its secret ends, state the day here, and you are warned in time.'}
        </p>
      ) : (
        <ul className={styles.rows} aria-label="What ends">
          {ends.map((end) => (
            <li key={`${end.field} ${end.from}`}>
              <span>
                {end.label}{' '}
                <span className="dim" style={{ fontSize: '0.8125rem' }}>
                  {endWords[end.from]}
                </span>
              </span>
              <span style={{ display: 'inline-flex', gap: 8, alignItems: 'center' }}>
                <span className="dim num">{formatDate(end.at)}</span>
                <Chip kind={endTone(end.at, now)}>
                  {Date.parse(end.at) < now && 'ended '}
                  <Ago time={end.at} />
                </Chip>
              </span>
            </li>
          ))}
        </ul>
      )}
      {may('registry:write') && registry.signIn !== 'anonymous' && <StateDay registry={registry} key={registry.version} />}
      <p className={styles.note}>Alerts come 30, 7 and 1 days before.</p>
    </Panel>
  );
}

/** States the day on which the stored secret ends, for registries that do not tell it. */
function StateDay({ registry }: { registry: Registry }) {
  const stated = registry.secretEndsAt?.slice(0, 10) ?? '';
  const [day, setDay] = useState(stated);
  const client = useQueryClient();
  const refresh = useRefreshRegistries();
  const save = useMutation({
    mutationFn: () => hub.updateRegistry(registry.id, { secretEndsAt: day === '' ? null : day }, { ifMatch: registry.version }),
    onSuccess: (saved) => {
      refresh(saved);
      void client.invalidateQueries({ queryKey: keys.alerts });
      notifications.show({ message: day === '' ? 'Forgotten when the secret ends.' : `Noted: the secret ends on ${formatDate(day)}.` });
      return client.invalidateQueries({ queryKey: keys.credential(registry.id) });
    },
  });
  const problem = save.error === null ? undefined : problemOf(save.error);
  const fault = problemFields(problem).secretEndsAt;
  return (
    <form
      className={styles.date}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextInput
        type="date"
        label="The stored secret ends on"
        value={day}
        error={fault}
        w={220}
        onChange={(event) => setDay(event.currentTarget.value)}
      />
      <BusyButton type="submit" variant="default" busy={save.isPending} disabled={day === stated}>
        {day === '' && stated !== '' ? 'Forget it' : 'State it'}
      </BusyButton>
      {problem && fault === undefined && <ProblemView error={save.error} />}
    </form>
  );
}
