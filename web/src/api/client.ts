import { createClient } from '../../../src/sdk/index.ts';
import type { DoctorReport, DoctorStep } from './types.ts';

/** Kept in memory only: it goes with the page and comes back with the session. */
let csrf: string | undefined;

export function setCsrf(token: string | undefined): void {
  csrf = token;
}

/** The hub that this page was loaded from. */
export const hub = createClient({ csrf: () => csrf });

/** A test of the hub as steps that are yielded and a report that is returned. */
export async function* followTest(
  events: AsyncIterable<{ event: 'step'; data: DoctorStep } | { event: 'report'; data: DoctorReport }>,
): AsyncGenerator<DoctorStep, DoctorReport> {
  for await (const { event, data } of events) {
    if (event === 'report') return data;
    yield data;
  }
  throw new Error('The test ended before its report came: the connection to Tagboat was cut.');
}
