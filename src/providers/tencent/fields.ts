import { z } from 'zod';
import type { FieldMeta } from '../../provider/define.ts';
import { field, secret } from '../../provider/field.ts';

const whereKeys = 'Cloud Access Management (CAM) → Access Key → API keys → Create key. The SecretKey is shown once.';
const secretIdForm = /^(?:AKID|IKID)[A-Za-z0-9_-]{8,120}$/;

/** The ID of an API key. IDs of temporary keys are longer, with dashes and underscores. */
export function secretId(meta: Partial<FieldMeta> = {}) {
  return field(
    z
      .string()
      .max(128)
      .regex(secretIdForm, { error: 'A SecretId begins with AKID or IKID. If this is the SecretKey, the two are swapped.' }),
    { label: 'SecretId', example: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE', where: whereKeys, ...meta },
  );
}

export function secretKey(meta: Partial<FieldMeta> = {}) {
  return secret(
    z
      .string()
      .regex(/^[A-Za-z0-9_/+=-]{8,128}$/, { error: 'A SecretKey is 32 letters and digits without blanks.' })
      .refine((key) => !/^(?:AKID|IKID)[A-Za-z0-9]{32}$/.test(key), { error: 'This is a SecretId. Perhaps the two are swapped.' }),
    { label: 'SecretKey', where: whereKeys, ...meta },
  );
}

export const region = z
  .string()
  .regex(/^[a-z]{2}-[a-z]{2,20}(?:-[a-z0-9]{1,10}){0,2}$/, { error: 'A region is spelled like ap-guangzhou.' });

export const apiEndpoint = field(
  z
    .string()
    .max(2048)
    .regex(/^https?:\/\/[^\s/?#@]+\/?$/, { error: 'An endpoint is a URL like https://tcr.intl.tencentcloudapi.com.' })
    .optional(),
  {
    label: 'API endpoint',
    help: 'For accounts of the international site, https://tcr.intl.tencentcloudapi.com; or a private one. Default: https://tcr.tencentcloudapi.com.',
    example: 'https://tcr.intl.tencentcloudapi.com',
    advanced: true,
  },
);
