import type { z } from 'zod';
import { describeErrorCode } from '../../core/error-codes.ts';
import type { Registry } from '../../registries/index.ts';
import type { registry, registryState } from '../schemas/registry.ts';
import { iso } from './time.ts';

/** A registry as the API answers it. */
export function presentRegistry(row: Registry): z.output<typeof registry> {
  const { check: _check, credentialExpiry, quota, secretEndsAt, createdAt, updatedAt, ...same } = row;
  return {
    ...same,
    ...(credentialExpiry !== undefined && { credentialExpirySeconds: Math.round(credentialExpiry / 1000) }),
    ...(secretEndsAt !== undefined && { secretEndsAt: iso(secretEndsAt) }),
    state: stateOf(row),
    ...(quota && {
      quota: {
        limit: quota.limit,
        remaining: quota.remaining,
        at: iso(quota.at),
        ...(quota.window !== undefined && { windowSeconds: quota.window }),
      },
    }),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  };
}

function stateOf({ check }: Registry): z.output<typeof registryState> {
  if (!check) return { state: 'unknown' };
  return {
    state: check.state,
    since: iso(check.since),
    checkedAt: iso(check.checkedAt),
    nextAt: iso(check.nextAt),
    // A list has room for what is wrong; where and what to do is in the report.
    summary: check.code === undefined ? check.summary : describeErrorCode(check.code).title,
    ...(check.code !== undefined && { code: check.code }),
  };
}
