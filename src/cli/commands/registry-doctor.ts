import type { DoctorReport, DoctorStep, RegistryPatch } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../errors.ts';
import { certificateLines, DoctorPrinter } from '../output/doctor.ts';
import type { Output } from '../output/output.ts';
import { ask, confirm, isInteractive } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { printError } from '../print-error.ts';
import type { SettingsOptions } from './registry-options.ts';

type DoctorEvent = { event: 'step'; data: DoctorStep } | { event: 'report'; data: DoctorReport };

/** Runs a test over settings that change as the person accepts what the doctor offers. */
export type RunTest = (settings: RegistryPatch) => AsyncIterable<DoctorEvent>;

export interface Examination {
  report: DoctorReport;
  /** The settings as they were in the last run: with what was accepted. */
  settings: RegistryPatch;
}

const mostRuns = 5;

/** Tests until it works, or nothing more can be offered that the person accepts. */
export async function examine(
  cli: Cli,
  output: Output,
  options: SettingsOptions,
  start: RegistryPatch,
  run: RunTest,
): Promise<Examination> {
  let settings = start;
  for (let runs = 1; ; runs++) {
    const report = await watch(cli, output, run(settings));
    if (report.state !== 'failing' || runs === mostRuns) return { report, settings };
    const changed = await acceptOffer(cli, output, options, settings, report);
    if (!changed) return { report, settings };
    settings = changed;
  }
}

/** Says on standard error what the doctor found, what that means for the command, and what to do next. */
export function complain(cli: Cli, report: DoctorReport, consequence = '', otherwise = ''): void {
  const sentence = (text: string): string => text.replace(/[.:;]?$/, '.');
  const help = report.steps.find((step) => step.state === 'failed' && step.help)?.help ?? 'Correct what the doctor marks.';
  printError(cli, {
    side: 'Registry',
    code: report.code ?? 'internal',
    message: [sentence(report.summary), consequence].filter(Boolean).join(' '),
    next: [sentence(help), otherwise].filter(Boolean).join(' '),
  });
}

async function watch(cli: Cli, output: Output, events: AsyncIterable<DoctorEvent>): Promise<DoctorReport> {
  const printer = new DoctorPrinter(cli.io, output);
  try {
    for await (const event of events) {
      if (event.event === 'step') printer.step(event.data);
      else {
        printer.report(event.data);
        return event.data;
      }
    }
  } finally {
    printer.close();
  }
  throw new Error('The hub ended the test without a report.');
}

/** Settings with the change that the failed step offers, if the person (or a flag) accepts it. */
async function acceptOffer(
  cli: Cli,
  output: Output,
  options: SettingsOptions,
  settings: RegistryPatch,
  report: DoctorReport,
): Promise<RegistryPatch | undefined> {
  const step = report.steps.find((candidate) => candidate.offer !== undefined && candidate.state === 'failed');
  if (!step?.offer) return undefined;
  const { offer } = step;
  const { connection } = settings;
  switch (offer.kind) {
    case 'trust-ca': {
      const pem = await trustedPem(cli, output, options, step, offer);
      if (pem === undefined || connection?.ca?.includes(pem.trim())) return undefined;
      return { ...settings, connection: { ...connection, tls: 'ca', ca: [connection?.ca, pem].filter(Boolean).join('\n') } };
    }
    case 'trust-realm':
      if (
        !(await agrees(
          cli,
          `The registry wants the credential sent to ${offer.origin}. Does that host belong to it, and may it have the credential?`,
        ))
      )
        return undefined;
      return { ...settings, trustedRealms: [...(settings.trustedRealms ?? []), offer.origin] };
    case 'use-plain-http':
      if (!(await agrees(cli, 'Speak plain HTTP to it? Passwords and images can then be read on the way.'))) return undefined;
      return { ...settings, connection: { ...connection, tls: 'plain' }, url: settings.url?.replace(/^https:/i, 'http:') };
    case 'use-https':
      if (!(await agrees(cli, 'Speak HTTPS to it instead?'))) return undefined;
      return { ...settings, connection: { ...connection, tls: 'verify' }, url: settings.url?.replace(/^http:/i, 'https:') };
    case 'set-namespace':
      if (!isInteractive(cli.io)) return undefined;
      return { ...settings, namespace: await ask(cli.io, 'Namespace to stay in', { signal: cli.signal }) };
  }
}

async function trustedPem(
  cli: Cli,
  output: Output,
  options: SettingsOptions,
  step: DoctorStep,
  offer: { pem: string; subject: string },
): Promise<string | undefined> {
  const chain = step.certificates ?? [];
  if (options.trustCa !== undefined) {
    const wanted = fingerprint(options.trustCa);
    const found = chain.find((certificate) => fingerprint(certificate.fingerprint) === wanted);
    if (found) return found.pem;
    throw new UsageError(
      'No certificate that the server shows has the fingerprint given with --trust-ca.',
      `It shows: ${chain.map((certificate) => `${certificate.fingerprint} (${printable(certificate.subject)})`).join(', ') || 'none'}.`,
    );
  }
  if (!isInteractive(cli.io)) {
    const authority = chain.find((certificate) => certificate.pem.trim() === offer.pem.trim());
    if (authority) output.note(`To trust ${printable(offer.subject)}, after checking its fingerprint: --trust-ca ${authority.fingerprint}`);
    return undefined;
  }
  cli.io.stderr.write(`${certificateLines(chain, output).join('\n')}\n`);
  return (await agrees(cli, `Trust “${offer.subject}” for this registry? Compare the fingerprint with what its administrators say.`))
    ? offer.pem
    : undefined;
}

/** `SHA256:AB:CD…` in any of the ways people write it. */
function fingerprint(text: string): string {
  return text
    .replace(/^sha-?256[:=]/i, '')
    .replace(/[:\s]/g, '')
    .toLowerCase();
}

async function agrees(cli: Cli, question: string): Promise<boolean> {
  return isInteractive(cli.io) && confirm(cli.io, question, cli.signal);
}
