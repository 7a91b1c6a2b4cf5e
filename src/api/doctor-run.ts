import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { requestSignal } from './request-signal.ts';
import type { doctorReport, doctorStep } from './schemas/registry.ts';
import { acceptsEvents, type ServerSentEvent, sendEvents } from './server-sent-events.ts';

export type DoctorRun = AsyncGenerator<z.output<typeof doctorStep>, z.output<typeof doctorReport>>;

/** Answers an examination: with its steps as they come and the report at the end, where the caller takes events; else the report alone. */
export function sendDoctorRun(request: FastifyRequest, reply: FastifyReply, run: (signal: AbortSignal) => DoctorRun) {
  return acceptsEvents(request) ? sendEvents(request, reply, (signal) => doctorEvents(run(signal))) : reportOf(run(requestSignal(reply)));
}

async function* doctorEvents(run: DoctorRun): AsyncGenerator<ServerSentEvent> {
  for (;;) {
    const next = await run.next();
    yield next.done ? { event: 'report', data: next.value } : { event: 'step', data: next.value };
    if (next.done) return;
  }
}

async function reportOf(run: DoctorRun): Promise<z.output<typeof doctorReport>> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}
