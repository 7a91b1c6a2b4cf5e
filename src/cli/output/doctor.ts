import type { DoctorReport, DoctorStep } from '../../sdk/index.ts';
import type { Io } from '../io.ts';
import type { Output } from './output.ts';
import { displayWidth, pad, printable, truncate, wrap } from './text.ts';
import { formatDuration, relativeTime } from './time.ts';

const marks = { ok: '✓', warning: '!', failed: '✗', skipped: '·', running: '·' } as const;
/** The longest title is “Way of signing in”. */
const titleWidth = 19;
const durationWidth = 9;

/**
 * Prints a doctor's steps as they happen. On a terminal the running step's line is replaced by its outcome; elsewhere
 * only outcomes are printed, one after the other.
 */
export class DoctorPrinter {
  readonly #io: Io;
  readonly #output: Output;
  #pending = false;

  constructor(io: Io, output: Output) {
    this.#io = io;
    this.#output = output;
  }

  step(step: DoctorStep): void {
    if (this.#output.quiet || this.#output.json) return;
    if (step.state === 'running') {
      if (!this.#output.isTerminal) return;
      this.#clear();
      this.#io.stdout.write(this.#output.palette.dim(`${marks.running} ${printable(step.title)} …`));
      this.#pending = true;
      return;
    }
    this.#clear();
    this.#output.lines(this.#lines(step));
  }

  /** The closing line of a test that went well: verdict, credential and quota. What failed is said as an error, elsewhere. */
  report(report: DoctorReport): void {
    if (this.#output.quiet || this.#output.json) return;
    this.#clear();
    if (report.state === 'failing') return;
    const { palette } = this.#output;
    const paint = report.state === 'ok' ? palette.good : palette.warn;
    const parts = [`${paint(report.state)}: ${printable(report.summary)}`];
    const expiresAt = report.credential?.expiresAt;
    if (expiresAt) parts.push(palette.dim(`credential expires ${relativeTime(expiresAt, this.#output.now())}`));
    if (report.quota) parts.push(palette.dim(`${report.quota.remaining} of ${report.quota.limit} requests left`));
    this.#output.line(`${parts.join(' · ')} ${palette.dim(`(${formatDuration(report.durationMs)})`)}`);
  }

  /** Takes back the line of a step that did not come to its end. */
  close(): void {
    this.#clear();
  }

  #clear(): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.#io.stdout.write('\r\u001b[2K');
  }

  #lines(step: DoctorStep): string[] {
    const { palette, width = 100 } = this.#output;
    const paint = { ok: palette.good, warning: palette.warn, failed: palette.bad, skipped: palette.dim, running: palette.dim }[step.state];
    const title = pad(printable(step.title), titleWidth);
    const duration = step.durationMs === undefined ? '' : formatDuration(step.durationMs);
    const isProblem = step.state === 'failed' || step.state === 'warning';
    const room = Math.max(20, Math.min(width, 100) - 2 - Math.max(titleWidth, displayWidth(title)) - durationWidth - 2);
    const indent = ' '.repeat(2 + titleWidth);
    const summary = printable(step.summary ?? '');
    // What is wrong is read whole; evidence of what is right may be cut on a narrow terminal.
    const [first = '', ...rest] = isProblem ? wrap(summary, room) : [this.#output.isTerminal ? truncate(summary, room) : summary];
    const head = `${paint(marks[step.state])} ${step.state === 'skipped' ? palette.dim(title) : title}${isProblem ? first : palette.dim(first)}`;
    const fill = ' '.repeat(Math.max(2, room - displayWidth(first) + 2));
    const lines = [duration ? `${head}${fill}${palette.dim(pad(duration, durationWidth, 'right'))}` : head.trimEnd()];
    for (const line of rest) lines.push(indent + line);
    if (isProblem) {
      for (const { label, value } of step.evidence ?? [])
        lines.push(...wrap(printable(`${label}: ${value}`), room).map((line) => palette.dim(indent + line)));
      if (step.help)
        lines.push(
          ...wrap(printable(step.help), room).map((line, index) => `${indent}${index === 0 ? palette.strong('→ ') : '  '}${line}`),
        );
    }
    return lines;
  }
}

/** Lines that show a certificate chain, leaf first, so that a person can decide whether to trust it. */
export function certificateLines(certificates: NonNullable<DoctorStep['certificates']>, output: Output): string[] {
  return certificates.flatMap((certificate, index) => {
    const role =
      index === 0 ? 'Server' : certificate.isAuthority && certificate.subject === certificate.issuer ? 'Root authority' : 'Authority';
    return output
      .fields([
        [role, certificate.subject],
        ['issued by', certificate.issuer],
        ['expires', `${certificate.notAfter} (${relativeTime(certificate.notAfter, output.now())})`],
        ['names', index === 0 ? certificate.names.join(', ') : undefined],
        ['SHA-256', certificate.fingerprint],
      ])
      .map((line) => `  ${line}`);
  });
}
