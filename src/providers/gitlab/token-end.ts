import { z } from 'zod';
import { RegistryError } from '../../core/errors.ts';
import { callApi } from '../../provider/api.ts';
import { timeOf } from '../../provider/time.ts';
import { type GitLabContext, knownBase, service } from './gitlab-api.ts';

const self = z.object({
  expires_at: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d(?:T.{1,30})?$/)
    .nullish(),
});

/**
 * When a personal, group or project access token ends: `GET /personal_access_tokens/self`, which answers the day at whose beginning (UTC) it
 * ends, or none. Nothing where GitLab's own URL is not known, or it does not answer tokens without `read_api`, or is older than 15.5.
 * (GitLab: api/personal_access_tokens, "Using a request header".)
 */
export async function tokenEnd(
  ctx: Pick<GitLabContext, 'url' | 'http' | 'clock' | 'signal' | 'endpoints' | 'settings'>,
  field: string,
  token: string,
): Promise<Readonly<Record<string, number | undefined>>> {
  const base = knownBase(ctx);
  if (base === undefined) return {};
  const url = new URL(`${base}/api/v4/personal_access_tokens/self`);
  try {
    const call = { service, now: ctx.clock.now(), headers: { 'private-token': token }, signal: ctx.signal };
    const { data } = await callApi(ctx.http, url, self, call);
    return { [field]: timeOf(data.expires_at) };
  } catch (error) {
    if (error instanceof RegistryError && (error.status === 403 || error.status === 404)) return {};
    throw error;
  }
}
