import type { Problem } from './generated/types.ts';

/** The hub answered with a problem (RFC 9457). `message` is the sentence for people; `code` is for programs. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiError';
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  /** Message for one field of a form, if that field is at fault. */
  fieldMessage(field: string): string | undefined {
    return this.problem.fields?.find((entry) => entry.field === field)?.message;
  }
}

/** A Problem from whatever was answered: members that are missing are filled in. */
export function problemFrom(body: unknown, status: number, fallback: string): Problem {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  return {
    ...given,
    type: given.type ?? 'about:blank',
    title: given.title ?? 'Error',
    status: given.status ?? status,
    detail: given.detail ?? fallback,
    code: given.code ?? 'internal',
    fault: given.fault ?? 'hub',
  };
}
