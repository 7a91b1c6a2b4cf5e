import { Button } from '@mantine/core';
import { useState } from 'react';
import type { DoctorOffer, DoctorStep } from '../../api/types.ts';
import { formatDuration } from '../../lib/format.ts';
import { CertificateList } from '../certificate-list.tsx';
import { IconCheck, IconChevronDown, IconChevronRight, IconCross, IconWarning } from '../icons.tsx';
import styles from './doctor.module.css';

interface DoctorStepsProps {
  steps: readonly DoctorStep[];
  /** Absent where nothing can be changed, e.g. in the report of a background check. */
  onOffer?: (offer: DoctorOffer) => void;
  /** Goes to the field at fault, where the form is beside the steps. */
  onField?: (path: string) => void;
}

/** The steps of a test in their order: mark, name, evidence, time; on failure what to do. */
export function DoctorSteps({ steps, onOffer, onField }: DoctorStepsProps) {
  return (
    <ol className={styles.steps} aria-label="Steps of the test">
      {steps.map((step) => (
        <Step key={step.id} step={step} {...(onOffer ? { onOffer } : {})} {...(onField ? { onField } : {})} />
      ))}
    </ol>
  );
}

const stateNames: Record<DoctorStep['state'], string> = {
  running: 'running',
  ok: 'passed',
  warning: 'passed with a warning',
  failed: 'failed',
  skipped: 'skipped',
};

const certificateLabels = new Set(['Subject', 'Issuer', 'Names', 'Valid', 'Fingerprint']);

function Step({ step, onOffer, onField }: { step: DoctorStep } & Omit<DoctorStepsProps, 'steps'>) {
  const trouble = step.state === 'failed' || step.state === 'warning';
  // The chain says subject, issuer, names and dates already.
  const evidence = (step.evidence ?? []).filter((item) => step.certificates === undefined || !certificateLabels.has(item.label));
  const hasMore = evidence.length > 0 || (step.certificates?.length ?? 0) > 0;
  const [opened, setOpened] = useState<boolean>();
  const open = opened ?? (trouble && (step.certificates?.length ?? 0) > 0);
  const tone = step.state === 'failed' ? styles.failText : step.state === 'warning' ? styles.warnText : '';
  return (
    <li className={styles.step}>
      <span className={`${styles.icon} ${styles[step.state]}`}>
        {step.state === 'ok' && <IconCheck />}
        {step.state === 'warning' && <IconWarning />}
        {step.state === 'failed' && <IconCross />}
        <span className="visually-hidden">{stateNames[step.state]}</span>
      </span>
      <span className={step.state === 'skipped' ? styles.dimTitle : styles.title}>{step.title}</span>
      <span className={`${styles.time} num`}>
        {step.durationMs === undefined || step.state === 'skipped' ? '' : formatDuration(step.durationMs)}
        {hasMore && (
          <button
            type="button"
            className={styles.chevron}
            aria-expanded={open}
            aria-label={`Evidence of ${step.title}`}
            onClick={() => setOpened(!open)}
          >
            {open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
          </button>
        )}
      </span>
      {step.summary !== undefined && <span className={`${styles.summary} ${tone}`}>{step.summary}</span>}
      {((hasMore && open) || (trouble && (step.help !== undefined || step.offer !== undefined || step.field !== undefined))) && (
        <div className={styles.more}>
          {trouble && step.help !== undefined && <p className={styles.help}>{step.help}</p>}
          {trouble && step.offer !== undefined && onOffer && <Offer offer={step.offer} onOffer={onOffer} />}
          {trouble && step.field !== undefined && onField && <FieldButton step={step} onField={onField} />}
          {open && evidence.length > 0 && (
            <dl className={styles.evidence}>
              {evidence.map((item) => (
                <div key={`${item.label} ${item.value}`} style={{ display: 'contents' }}>
                  <dt>{item.label}</dt>
                  <dd className="mono">{item.value}</dd>
                </div>
              ))}
            </dl>
          )}
          {open && step.certificates !== undefined && (
            <CertificateList certificates={step.certificates} label="Certificates that the server showed" />
          )}
        </div>
      )}
    </li>
  );
}

function Offer({ offer, onOffer }: { offer: DoctorOffer; onOffer: (offer: DoctorOffer) => void }) {
  const [explained, setExplained] = useState(false);
  const { action, explanation } = wordsOf(offer);
  return (
    <>
      <div className={styles.offer}>
        <Button size="xs" variant="default" onClick={() => onOffer(offer)}>
          {action}
        </Button>
        {explanation !== undefined && (
          <button type="button" className={styles.toggle} aria-expanded={explained} onClick={() => setExplained(!explained)}>
            What is this?
          </button>
        )}
      </div>
      {explained && <p className={styles.help}>{explanation}</p>}
    </>
  );
}

function wordsOf(offer: DoctorOffer): { action: string; explanation?: string } {
  switch (offer.kind) {
    case 'trust-ca':
      return {
        action: 'Trust this certificate authority',
        explanation: `The server’s certificate was issued by “${offer.subject}”, which this machine does not know. Companies often run such an authority of their own. Trusting it, for this registry only, is safe if the fingerprint below is the one your administrators publish. If you do not know it, ask them first: somebody between Tagboat and the registry could show a certificate like this too.`,
      };
    case 'trust-realm':
      return {
        action: `Trust ${offer.origin}`,
        explanation: `The registry asks Tagboat to fetch its tokens at ${offer.origin}, which is another host than its own. The stored password is sent there only after you confirm that the host belongs to the same operator.`,
      };
    case 'use-plain-http':
      return {
        action: 'Use plain HTTP',
        explanation:
          'The registry does not speak TLS. Over plain HTTP the password and all content cross the network unencrypted: only for networks that you trust.',
      };
    case 'use-https':
      return { action: 'Use a secure connection' };
    case 'set-namespace':
      return { action: 'Enter a namespace' };
  }
}

/** Diagnoses that the certificate of an authority mends. */
const needsAuthority = new Set(['tls_unknown_authority', 'tls_self_signed']);

function FieldButton({ step, onField }: { step: DoctorStep; onField: (path: string) => void }) {
  const paste = needsAuthority.has(step.code ?? '');
  return (
    <div className={styles.offer}>
      <Button size="xs" variant="default" onClick={() => onField(paste ? 'connection.ca' : (step.field ?? ''))}>
        {paste ? 'Paste its certificate' : 'Go to the field'}
      </Button>
    </div>
  );
}
