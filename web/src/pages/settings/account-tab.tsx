import { PasswordInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { useSession } from '../../api/queries.ts';
import { Panel, row, Sheet } from '../../components/bits.tsx';
import { ProblemView } from '../../components/states.tsx';
import { problemFields } from '../../lib/draft-check.ts';
import styles from './settings.module.css';
import { BusyButton } from '../../components/busy-button.tsx';

export function AccountTab() {
  const session = useSession();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const change = useMutation({
    mutationFn: () => hub.changePassword({ current, password }),
    onSuccess: () => {
      setCurrent('');
      setPassword('');
      notifications.show({ message: 'The password was changed. All other sessions of yours have ended.' });
    },
  });
  const fields = problemFields(change.error === null ? undefined : problemOf(change.error));
  const user = session.data?.user;
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <Panel title="You">
        <Sheet rows={[row('Name', user?.name), row('Shown as', user?.displayName), row('Role', user?.role)]} />
      </Panel>
      <Panel title="Change the password">
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate();
          }}
        >
          <input type="text" name="username" autoComplete="username" value={user?.name ?? ''} readOnly hidden />
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={current}
            error={fields.current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <PasswordInput
            label="New password"
            description="At least 10 characters."
            autoComplete="new-password"
            required
            withAsterisk={false}
            minLength={10}
            value={password}
            error={fields.password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {change.error !== null && Object.keys(fields).length === 0 && <ProblemView error={change.error} />}
          <BusyButton type="submit" busy={change.isPending} style={{ justifySelf: 'start' }}>
            Change the password
          </BusyButton>
        </form>
      </Panel>
    </div>
  );
}
