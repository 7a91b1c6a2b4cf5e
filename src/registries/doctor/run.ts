import { redactText } from '../../core/redaction.ts';
import { AddressGuard } from '../../oci/address-guard.ts';
import { anonymous, type Credential, RegistryClient } from '../../oci/index.ts';
import { printable } from '../../oci/text.ts';
import type { DoctorOptions, DoctorReport, DoctorStep } from '../types.ts';
import { capabilitiesStep } from './capabilities-step.ts';
import { challengeStep } from './challenge-step.ts';
import { credentialStep } from './credential-step.ts';
import { diagnose, timedOut } from './diagnose.ts';
import { dnsStep } from './dns-step.ts';
import type { Examination, Outcome, StepDefinition } from './examination.ts';
import { quotaStep } from './quota-step.ts';
import { readStep } from './read-step.ts';
import { buildReport } from './report.ts';
import type { DoctorSubject } from './subject.ts';
import { tcpStep } from './tcp-step.ts';
import { tlsStep } from './tls-step.ts';
import { tokenStep } from './token-step.ts';
import { urlStep } from './url-step.ts';
import { v2Step } from './v2-step.ts';

/** The steps in their order; each needs what those before it have found. */
export const steps: readonly StepDefinition[] = [
  urlStep,
  dnsStep,
  tcpStep,
  tlsStep,
  v2Step,
  challengeStep,
  credentialStep,
  tokenStep,
  readStep,
  capabilitiesStep,
  quotaStep,
];

const longestText = 600;

/**
 * Examines a registry step by step. Each step is yielded when it starts (`running`) and when it ended; after one that
 * failed, the rest is skipped. Nothing is changed at the registry. No step holds a secret, not even one that the other side
 * sent back.
 *
 * @returns the report over all steps
 * @throws the signal's reason when the caller gives up
 */
export async function* runDoctor(
  subject: DoctorSubject,
  options: DoctorOptions,
  signal: AbortSignal,
): AsyncGenerator<DoctorStep, DoctorReport, undefined> {
  const startedAt = subject.clock.now();
  const begun = performance.now();
  const timeouts = { connect: 10_000, answer: 15_000, total: 60_000, ...subject.timeouts };
  const overtime = AbortSignal.timeout(timeouts.total);
  const examination = examine(subject, options, timeouts, AbortSignal.any([signal, overtime]));
  const ended: DoctorStep[] = [];
  let blocking: StepDefinition | undefined;
  try {
    for (const step of steps) {
      signal.throwIfAborted();
      const base = { id: step.id, title: titleOf(step, subject) };
      if (blocking) {
        const skipped: DoctorStep = { ...base, state: 'skipped', summary: `waits for ${blocking.subject}` };
        ended.push(skipped);
        yield skipped;
        continue;
      }
      yield { ...base, state: 'running' };
      const stepBegun = performance.now();
      const outcome = await outcomeOf(step, examination, signal, overtime);
      const durationMs = Math.round((performance.now() - stepBegun) * 10) / 10;
      const finished = clean({ ...base, ...outcome, durationMs }, [...subject.secrets, ...issuedSecrets(examination.credential)]);
      ended.push(finished);
      if (outcome.state === 'failed') blocking = step;
      yield finished;
    }
  } finally {
    await examination.client.close().catch(() => {});
  }
  return buildReport(examination, ended, { startedAt, durationMs: Math.round(performance.now() - begun) });
}

function examine(subject: DoctorSubject, options: DoctorOptions, timeouts: Examination['timeouts'], signal: AbortSignal): Examination {
  const client = new RegistryClient({
    ...subject.client,
    clock: subject.clock,
    credential: async () => examination.credential ?? anonymous,
    // The first answer counts: waiting and trying again would hide what is being looked for.
    retries: 0,
    timeouts: {
      connect: timeouts.connect,
      headers: timeouts.answer,
      body: timeouts.answer,
      total: timeouts.connect + timeouts.answer * 2 + 3000,
    },
  });
  const examination: Examination = {
    subject,
    options,
    timeouts,
    guard: new AddressGuard(subject.client.addresses, subject.client.lookup),
    signal,
    client,
    addresses: [],
    capabilities: {},
  };
  return examination;
}

async function outcomeOf(step: StepDefinition, examination: Examination, signal: AbortSignal, overtime: AbortSignal): Promise<Outcome> {
  try {
    return await step.examine(examination);
  } catch (error) {
    signal.throwIfAborted();
    if (overtime.aborted) return timedOut(examination);
    return diagnose(error, step.id, examination);
  }
}

function titleOf(step: StepDefinition, { configuration }: DoctorSubject): string {
  return step.id === 'tls' && configuration.connection.tls === 'plain' ? 'Encryption' : step.title;
}

/** What was issued is as secret as what it was issued for; in the forms that a server may send back. */
function issuedSecrets(credential: Credential | undefined): string[] {
  switch (credential?.kind) {
    case 'basic':
      return [credential.password, `${credential.username}:${credential.password}`];
    case 'identity':
    case 'bearer':
      return [credential.token];
    default:
      return [];
  }
}

/** Hides secrets, and makes what came from outside fit to be shown. */
function clean(step: DoctorStep, secrets: readonly string[]): DoctorStep {
  const text = (value: string) => printable(redactText(value, secrets), longestText);
  const cleaned: DoctorStep = { ...step };
  if (step.summary !== undefined) cleaned.summary = text(step.summary);
  if (step.help !== undefined) cleaned.help = text(step.help);
  if (step.evidence) cleaned.evidence = step.evidence.map(({ label, value }) => ({ label: text(label), value: text(value) }));
  return cleaned;
}
