import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import { callApi } from '../../provider/api.ts';
import { endpointOf } from '../../provider/endpoint.ts';
import { type GoogleContext, tokenByKey } from '../../provider/identity/google.ts';
import { timeOf } from '../../provider/time.ts';
import { endpoints, keyOf } from './access-token.ts';

const described = z.object({ validBeforeTime: z.string().nullish() });
/** Google writes the end of the year 9999 for keys that do not end. */
const never = Date.UTC(9999, 0, 1);

/**
 * When a service account's key ends, which it does if the organisation limits the life of keys. (IAM REST v1:
 * projects.serviceAccounts.keys.get, `validBeforeTime`.) Nothing where the account may not look at its own keys.
 */
export async function keyEnd(ctx: GoogleContext, jsonKey: string): Promise<{ jsonKey?: number | undefined }> {
  const key = keyOf(jsonKey);
  if (key.keyId === undefined) return {};
  const { token } = await tokenByKey(ctx, key);
  const account = encodeURIComponent(key.clientEmail);
  const url = new URL(
    `${endpointOf({ id: 'gar', endpoints }, ctx, 'keys')}/v1/projects/-/serviceAccounts/${account}/keys/${encodeURIComponent(key.keyId)}`,
  );
  const headers = { authorization: `Bearer ${token}` };
  try {
    const { data } = await callApi(ctx.http, url, described, {
      service: 'Google Cloud IAM',
      now: ctx.clock.now(),
      headers,
      signal: ctx.signal,
    });
    const end = timeOf(data.validBeforeTime);
    return end === undefined ? {} : { jsonKey: end < never ? end : undefined };
  } catch (error) {
    if (error instanceof RegistryError && (error.status === 403 || error.status === 404)) return {};
    throw error;
  }
}
