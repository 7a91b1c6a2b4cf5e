import type { z } from 'zod';
import type { ImportOutcome } from '../../imports/index.ts';
import { problemOf } from '../problem.ts';
import type { importResult } from '../schemas/import.ts';

/** What became of an entry, its failure as a problem. */
export function presentOutcome({ error, ...same }: ImportOutcome, requestId: string): z.output<typeof importResult>['outcomes'][number] {
  if (same.outcome !== 'failed') return same;
  const { code, detail, help, fields } = problemOf(error, requestId);
  return { ...same, problem: { code, detail, ...(help !== undefined && { help }), ...(fields && { fields }) } };
}
