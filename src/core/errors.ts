import { type Retry, TagboatError } from '../oci/errors.ts';

export * from '../oci/errors.ts';

type Context = Readonly<Record<string, unknown>>;

export interface FieldError {
  /** Path of the field in the request body, dots between parts, e.g. `credential.password`. */
  field: string;
  message: string;
}

/** Settings that cannot be accepted, with a message at each field. */
export class InvalidSettings extends TagboatError {
  readonly fields: readonly FieldError[];

  constructor(message: string, fields: readonly FieldError[] = [], context?: Context) {
    super(message, { code: 'invalid_settings', fault: 'caller', retry: 'never', context: { ...context, fields } });
    this.fields = fields;
  }
}

/** What was asked for does not exist, or does not exist for this caller. */
export class NotFound extends TagboatError {
  constructor(message: string, context?: Context) {
    super(message, { code: 'not_found', fault: 'caller', retry: 'never', context });
  }
}

/** The row changed since it was read (`precondition_failed`), its name is taken (`already_exists`), or a rule forbids it. */
export class Conflict extends TagboatError {
  /** What stands in the way, where that has a name. */
  readonly references: readonly ReferenceTo[];

  constructor(
    message: string,
    code:
      | 'precondition_failed'
      | 'already_exists'
      | 'conflict'
      | 'last_administrator'
      | 'setup_done'
      | 'sync_plan_needed'
      | 'sync_loop'
      | 'sync_running' = 'conflict',
    context?: Context,
    references: readonly ReferenceTo[] = [],
  ) {
    super(message, { code, fault: 'caller', retry: 'never', context });
    this.references = references;
  }
}

export interface ReferenceTo {
  /** Kind of the thing that refers: `watch`, `environment`, `project-default`, … */
  kind: string;
  id: string;
  name: string;
}

/** Something still refers to what was to be removed. */
export class InUse extends TagboatError {
  readonly references: readonly ReferenceTo[];

  /** @param help the next step, where it is another one than removing what refers to it */
  constructor(message: string, references: readonly ReferenceTo[], help?: string) {
    const context = { references, ...(help !== undefined && { help }) };
    super(message, { code: 'in_use', fault: 'caller', retry: 'after-change', context });
    this.references = references;
  }
}

/** Nobody is signed in, or the session or token ended; or a sign-in failed (`login_failed`). */
export class Unauthorized extends TagboatError {
  constructor(message: string, context?: Context, code: 'unauthorized' | 'login_failed' = 'unauthorized') {
    super(message, { code, fault: 'caller', retry: 'never', context });
  }
}

/** Somebody is signed in, and may not do this. */
export class Forbidden extends TagboatError {
  constructor(message: string, context?: Context, code: 'forbidden' | 'csrf_failed' | 'setup_token_invalid' = 'forbidden') {
    super(message, { code, fault: 'caller', retry: 'never', context });
  }
}

/** Asked too often. */
export class TooManyRequests extends TagboatError {
  /** Milliseconds to wait. */
  readonly retryAfter: number;

  constructor(message: string, code: 'login_limited' | 'handout_limited' | 'sync_plans_limited', retryAfter: number) {
    super(message, { code, fault: 'caller', retry: 'backoff', context: { retryAfter } });
    this.retryAfter = retryAfter;
  }
}

/** The hub itself cannot go on: store, key, configuration. */
export class HubError extends TagboatError {
  constructor(message: string, code: string, cause?: unknown, context?: Context, retry: Retry = 'after-change') {
    super(message, { code, fault: 'hub', retry, cause, context });
  }
}
