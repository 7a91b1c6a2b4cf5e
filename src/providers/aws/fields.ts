import { z } from 'zod';
import { InvalidSettings } from '../../core/errors.ts';
import { field, secret } from '../../provider/field.ts';
import type { AwsKey } from '../../provider/identity/aws.ts';

export const accessKeyId = z
  .string()
  .regex(/^\w{16,128}$/, { error: 'An access key ID is 20 capital letters and digits, like AKIAIOSFODNN7EXAMPLE.' })
  .refine((id) => id.length !== 40, { error: 'This is as long as a secret access key. Perhaps the two are swapped.' });

export const secretAccessKey = z
  .string()
  .regex(/^[A-Za-z0-9/+=]{16,256}$/, { error: 'A secret access key is 40 letters, digits, slashes and plus signs without blanks.' })
  .refine((key) => !/^A[KS]IA[A-Z0-9]{16}$/.test(key), { error: 'This is an access key ID. Perhaps the two are swapped.' });

export const whereKeys = 'IAM → Users → your user → Security credentials → Access keys → Create access key. AWS shows the secret once.';

/** Fields of signing in by an access key. */
export const accessKeyFields = z.object({
  accessKeyId: field(accessKeyId, { label: 'Access key ID', example: 'AKIAIOSFODNN7EXAMPLE', where: whereKeys }),
  secretAccessKey: secret(secretAccessKey, { label: 'Secret access key', where: whereKeys }),
  sessionToken: secret(z.string().max(16_384).regex(/^\S+$/, { error: 'A session token holds no blanks.' }).optional(), {
    label: 'Session token',
    help: 'Only with temporary keys, which begin with ASIA. They end within hours: fine for a trial, not for a hub.',
    advanced: true,
  }),
});

/** @throws InvalidSettings for a temporary key without its session token, before AWS is asked */
export function accessKey({ accessKeyId: id, secretAccessKey: key, sessionToken }: AwsKey): AwsKey {
  if (id.startsWith('ASIA') && !sessionToken)
    throw incomplete('sessionToken', 'Access key IDs that begin with ASIA are temporary and need their session token.');
  return { accessKeyId: id, secretAccessKey: key, sessionToken };
}

export function incomplete(name: string, message: string): InvalidSettings {
  return new InvalidSettings(message, [{ field: `fields.${name}`, message }]);
}

/** User and password of an authorization token: base64 of `AWS:<password>`. Undefined for anything else. */
export function decodeAuthorizationToken(token: string | undefined): { username: string; password: string } | undefined {
  const decoded = Buffer.from(token ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 1 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
