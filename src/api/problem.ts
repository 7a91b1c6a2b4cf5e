import type { FastifyError } from 'fastify';
import type { z } from 'zod';
import { describeErrorCode, type ErrorCode } from '../core/error-codes.ts';
import { Conflict, type FieldError, HubError, InUse, InvalidSettings, RegistryError, TagboatError } from '../core/errors.ts';
import { printable } from '../oci/text.ts';
import type { problem } from './schemas/common.ts';
import { fieldErrors } from './validation.ts';

/** The body of every error answer: problem details of RFC 9457, with our members. */
export type Problem = z.output<typeof problem>;

/** Most characters of a sentence: messages quote what was asked for, and that may be anything. */
const longestDetail = 4000;

/** What Fastify and its plug-ins throw, in our codes. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

const frameworkSentences: Readonly<Partial<Record<ErrorCode, string>>> = {
  body_too_large: 'The body of the request is larger than 1 MiB.',
  unsupported_media_type: 'The body of the request has a content type that is not taken here.',
};

/**
 * What a caller is told of an error. Errors thrown on purpose say it themselves; of any other only that the hub is at fault,
 * since its message may quote anything.
 */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof TagboatError) return problemOfTagboatError(error, requestId);
  const { validation, validationContext, code = '', statusCode } = (error ?? {}) as Partial<FastifyError>;
  if (validation) {
    const fields = fieldErrors(validation);
    const place = validationContext === 'body' ? 'body' : validationContext === 'params' ? 'path' : 'query';
    const detail = `The ${place} of the request cannot be accepted: ${fields.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ')}.`;
    return newProblem(place === 'body' ? 'invalid_settings' : 'invalid_request', detail, requestId, { ...faultyFields(fields) });
  }
  const known = frameworkCodes[code];
  if (known) return newProblem(known, frameworkSentences[known] ?? '', requestId);
  // A body that cannot be parsed, a malformed path, …: the message may quote the request, which may hold a secret.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return newProblem('invalid_request', unreadable(error, code), requestId);
  return newProblem('internal', 'The hub met an error that it did not expect.', requestId);
}

/** A problem by its code. */
export function newProblem(code: ErrorCode, detail: string, requestId: string, more: Partial<Problem> = {}): Problem {
  const { title, help, http } = describeErrorCode(code);
  const fault = http >= 500 ? 'hub' : 'caller';
  return { type: typeOf(code), title, status: http, detail, code, fault, help, ...more, requestId };
}

const typeOf = (code: string): string => `urn:tagboat:error:${code}`;

function problemOfTagboatError(error: TagboatError, requestId: string): Problem {
  const { title, help, http } = describeErrorCode(error.code);
  const given = error.context;
  const references = error instanceof InUse || error instanceof Conflict ? [...error.references] : [];
  const retryAfter = error instanceof RegistryError ? error.retryAfter : given.retryAfter;
  return {
    type: typeOf(error.code),
    title,
    status: http,
    // Where the database is, and the like, is for the log: the caller may be anybody.
    detail: error instanceof HubError && error.code !== 'key_lost' ? `${title}.` : printable(error.message, longestDetail),
    code: error.code,
    fault: error.fault,
    help: typeof given.help === 'string' ? given.help : help,
    ...(typeof given.field === 'string' && { field: given.field }),
    ...(error instanceof InvalidSettings && faultyFields(error.fields)),
    ...(references.length > 0 && { references }),
    ...(typeof retryAfter === 'number' && { retryAfter: Math.ceil(retryAfter / 1000) }),
    requestId,
  };
}

function faultyFields(fields: readonly FieldError[]): Partial<Problem> {
  const [first] = fields;
  return {
    ...(first?.field && { field: printable(first.field) }),
    ...(fields.length > 0 && {
      fields: fields.map(({ field, message }) => ({ field: printable(field), message: printable(message, longestDetail) })),
    }),
  };
}

function unreadable(error: unknown, code: string): string {
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return 'The request announces JSON, and its body is empty.';
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError) return 'The body of the request is not valid JSON.';
  if (code === 'FST_ERR_BAD_URL') return 'The path of the request is not a valid URL path.';
  return 'The request cannot be read.';
}
