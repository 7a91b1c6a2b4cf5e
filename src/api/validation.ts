import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import type { FieldError } from '../core/errors.ts';

/** Messages at the fields of a request that its schema refused, without the values given. */
export function fieldErrors(validation: readonly FastifySchemaValidationError[]): FieldError[] {
  return validation.flatMap(({ keyword, instancePath, message, params }) => {
    const field = instancePath.split('/').filter(Boolean).join('.');
    if (keyword === 'unrecognized_keys' && Array.isArray(params.keys)) {
      return params.keys.map((key) => ({ field: field ? `${field}.${String(key)}` : String(key), message: 'is not known here' }));
    }
    return [{ field, message: sentence(keyword, message ?? 'is not valid', params) }];
  });
}

function sentence(keyword: string, message: string, params: Readonly<Record<string, unknown>>): string {
  switch (keyword) {
    case 'invalid_type':
      return message.endsWith('received undefined') ? 'is missing' : `has to be ${article(String(params.expected))}`;
    case 'invalid_value':
      return Array.isArray(params.values) ? `has to be one of: ${params.values.map(String).join(', ')}` : 'is not one of the choices';
    case 'too_big':
      return `is too ${params.origin === 'string' ? 'long' : params.origin === 'array' ? 'long a list' : 'large'}: at most ${String(params.maximum)}`;
    case 'too_small':
      return params.origin === 'string' && params.minimum === 1
        ? 'is empty'
        : `is too ${params.origin === 'number' ? 'small' : 'short'}: at least ${String(params.minimum)}`;
    case 'invalid_format':
      return params.format === 'datetime' ? 'has to be an ISO 8601 time in UTC, e.g. 2027-01-31T12:00:00Z' : 'does not have the right form';
    default:
      return message;
  }
}

const article = (type: string): string => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`);
