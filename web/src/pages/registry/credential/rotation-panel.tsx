import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { followTest, hub } from '../../../api/client.ts';
import { keys, useMay } from '../../../api/queries.ts';
import type { CredentialDetail, Provider, Registry } from '../../../api/types.ts';
import { Panel } from '../../../components/bits.tsx';
import { BusyButton } from '../../../components/busy-button.tsx';
import { ConfirmDialog } from '../../../components/confirm-dialog.tsx';
import { DoctorPanel } from '../../../components/doctor/doctor-panel.tsx';
import { useDoctor } from '../../../components/doctor/use-doctor.ts';
import { IconPlay } from '../../../components/icons.tsx';
import { ProblemView } from '../../../components/states.tsx';
import { slotVerdict } from '../../../lib/credential-words.ts';
import styles from './credential.module.css';
import { NextForm } from './next-form.tsx';
import { CurrentCard, SlotCard } from './slot-card.tsx';

interface RotationPanelProps {
  registry: Registry;
  provider: Provider;
  detail: CredentialDetail;
}

type Change = 'promote' | 'force' | 'discard' | 'rollback' | 'forget';

const done: Record<Change, string> = {
  promote: 'The next credential is in use now. The one before can be gone back to for 30 days.',
  force: 'The next credential is in use now. The one before can be gone back to for 30 days.',
  discard: 'The next credential was discarded.',
  rollback: 'The previous credential is in use again.',
  forget: 'The previous credential was forgotten.',
};

/** Changing the credential without a gap: the next one is entered and tested while the one in use goes on, then takes its place. */
export function RotationPanel({ registry, provider, detail }: RotationPanelProps) {
  const may = useMay();
  const client = useQueryClient();
  const doctor = useDoctor();
  const [entering, setEntering] = useState(false);
  const [asking, setAsking] = useState(false);
  const { next, previous, version } = detail;

  const settle = (answer: CredentialDetail) => {
    client.setQueryData(keys.credential(registry.id), answer);
    void client.invalidateQueries({ queryKey: keys.registries });
    void client.invalidateQueries({ queryKey: ['registry'] });
    void client.invalidateQueries({ queryKey: keys.alerts });
  };
  const change = useMutation({
    mutationFn: (what: Change) => {
      if (what === 'promote' || what === 'force') {
        return hub.promoteNextCredential(registry.id, what === 'force' ? { force: true } : {}, { ifMatch: version });
      }
      if (what === 'rollback') return hub.rollBackCredential(registry.id);
      return what === 'discard' ? hub.discardNextCredential(registry.id) : hub.discardPreviousCredential(registry.id);
    },
    onSuccess: (answer, what) => {
      settle(answer);
      setAsking(false);
      doctor.cancel();
      notifications.show({ message: done[what] });
    },
    // Somebody else was faster: show what they made of it.
    onError: () => client.invalidateQueries({ queryKey: keys.credential(registry.id) }),
  });
  const test = () =>
    doctor.start(`${registry.id}/${version}`, async function* (signal) {
      const report = yield* followTest(hub.testNextCredential(registry.id, {}, { signal }));
      await client.invalidateQueries({ queryKey: keys.credential(registry.id) });
      return report;
    });

  const verdict = next && slotVerdict(next);
  const mayWrite = may('registry:write');
  const promote = () => (verdict?.ready ? change.mutate('promote') : setAsking(true));
  return (
    <Panel
      title="Rotation"
      actions={
        mayWrite &&
        !entering && (
          <Button size="xs" variant="default" onClick={() => setEntering(true)}>
            {next ? 'Enter another next one' : 'Prepare the next credential'}
          </Button>
        )
      }
    >
      <ul className={styles.slots} aria-label="Credentials">
        {previous && (
          <SlotCard title="Previous" slot={previous} provider={provider} registry={registry}>
            {mayWrite && (
              <>
                <BusyButton
                  size="xs"
                  variant="default"
                  busy={change.isPending && change.variables === 'rollback'}
                  onClick={() => change.mutate('rollback')}
                >
                  Go back to it
                </BusyButton>
                <BusyButton
                  size="xs"
                  variant="subtle"
                  color="gray"
                  busy={change.isPending && change.variables === 'forget'}
                  onClick={() => change.mutate('forget')}
                >
                  Forget it
                </BusyButton>
              </>
            )}
          </SlotCard>
        )}
        <CurrentCard registry={registry} provider={provider} detail={detail} />
        {next && verdict && (
          <SlotCard title="Next" slot={next} provider={provider} registry={registry} verdict={verdict}>
            {may('registry:test') && (
              <BusyButton
                size="xs"
                variant={verdict.ready ? 'default' : 'filled'}
                leftSection={<IconPlay size={14} />}
                busy={doctor.run.running}
                onClick={test}
              >
                {next.test ? 'Test again' : 'Test it'}
              </BusyButton>
            )}
            {mayWrite && (
              <>
                <BusyButton
                  size="xs"
                  variant={verdict.ready ? 'filled' : 'default'}
                  busy={change.isPending && change.variables === 'promote'}
                  onClick={promote}
                >
                  Put it in use
                </BusyButton>
                <BusyButton
                  size="xs"
                  variant="subtle"
                  color="gray"
                  busy={change.isPending && change.variables === 'discard'}
                  onClick={() => change.mutate('discard')}
                >
                  Discard
                </BusyButton>
              </>
            )}
          </SlotCard>
        )}
      </ul>
      {!next && !entering && (
        <p className={styles.note}>
          A next credential is entered and tested while the one in use goes on working; then it takes its place, and can be taken back.
        </p>
      )}
      {change.error !== null && !asking && (
        <div className={styles.test}>
          <ProblemView error={change.error} />
        </div>
      )}
      {next && doctor.run.subject !== undefined && (
        <div className={styles.test}>
          <DoctorPanel run={doctor.run} idle={null} onCancel={doctor.cancel} />
        </div>
      )}
      {entering && (
        <NextForm
          registry={registry}
          provider={provider}
          version={version}
          onClose={() => setEntering(false)}
          onSaved={(answer) => {
            settle(answer);
            setEntering(false);
            if (may('registry:test')) test();
          }}
        />
      )}
      {asking && next && (
        <ConfirmDialog
          title="Put an unproven credential in use"
          action="Put it in use anyway"
          busy={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate('force')}
          onClose={() => {
            change.reset();
            setAsking(false);
          }}
        >
          <p style={{ margin: 0 }}>
            {next.test === undefined
              ? 'The next credential was not tested.'
              : next.test.report.state === 'failing'
                ? `Its test failed: ${next.test.report.summary.replace(/\.$/, '')}.`
                : 'The registry was changed since it was tested.'}{' '}
            If it does not work, everything that uses {registry.name} fails until it is rolled back
            {detail.blastRadius.total > 0 && `; ${detail.blastRadius.total} would notice`}. Testing it takes seconds.
          </p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}
