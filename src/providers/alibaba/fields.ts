import { z } from 'zod';
import { field, secret } from '../../provider/field.ts';
import { password, token, username } from '../../provider/fields.ts';

const whereKeys = 'RAM console → Users → the user → Create AccessKey. The secret is shown once.';

/** Fields that both editions ask for whatever the way of signing in. */
export const settings = {
  region: field(
    z
      .string()
      .regex(/^[a-z]{2,3}-[a-z0-9-]{2,36}$/, { error: 'A region is spelled like cn-hangzhou.' })
      .optional(),
    {
      label: 'Region',
      help: 'Read from the address. With a domain of your own it is needed for an AccessKey.',
      where: 'In the registry’s address; in the console at the top left.',
      example: 'cn-hangzhou',
    },
  ),
  apiEndpoint: field(
    z
      .string()
      .max(2048)
      .regex(/^https?:\/\/[^\s/?#@]+\/?$/, { error: 'An endpoint is a URL like https://cr-vpc.cn-hangzhou.aliyuncs.com.' })
      .optional(),
    {
      label: 'API endpoint',
      help: 'That of the VPC, where there is no internet, or of a private cloud. Default: the region’s own.',
      example: 'https://cr-vpc.cn-hangzhou.aliyuncs.com',
      advanced: true,
    },
  ),
  signature: field(z.enum(['acs3', 'hmac-sha1']).default('acs3'), {
    label: 'Signature',
    help: 'Private clouds (Apsara Stack) may know the older one only.',
    options: { acs3: 'ACS3-HMAC-SHA256', 'hmac-sha1': 'HMAC-SHA1' },
    advanced: true,
  }),
};

export function accessKey() {
  return {
    accessKeyId: field(
      z.string().regex(/^(?:LTAI[A-Za-z0-9]{6,40}|STS\.[A-Za-z0-9_-]{6,100})$/, {
        error: 'An AccessKey ID begins with LTAI, a temporary one with STS. If this is the secret, the two are swapped.',
      }),
      { label: 'AccessKey ID', example: 'LTAI5tExampleExampleExam', where: whereKeys },
    ),
    accessKeySecret: secret(
      z
        .string()
        .regex(/^[A-Za-z0-9/+=_-]{8,128}$/, { error: 'An AccessKey secret is 30 letters and digits without blanks.' })
        .refine((key) => !/^LTAI[A-Za-z0-9]{6,40}$/.test(key) || key.length === 30, {
          error: 'This is an AccessKey ID. Perhaps the two are swapped.',
        }),
      { label: 'AccessKey secret', where: whereKeys },
    ),
    securityToken: token({
      label: 'Security token',
      help: 'Only with temporary keys, which begin with STS. They end within hours: fine for a trial, not for a hub.',
      advanced: true,
    }).optional(),
  };
}

export function registryPassword(where: string) {
  return {
    username: username({
      label: 'Username',
      help: 'The full name of the Alibaba Cloud account, or user@alias of a RAM user.',
      where: 'Container Registry console → Access Credential; it stands in the docker login command there.',
      example: 'ci@acme',
    }),
    password: password({ label: 'Password', help: 'That of the registry, not of the account.', where }),
  };
}

export const roleHelp =
  'What Alibaba Cloud gives to the machine that Tagboat runs on: the RAM role of an ECS instance, or of a service account on ACK (RRSA). Nothing to store, and it renews itself.';
