import type { z } from 'zod';
import { describeErrorCode } from '../../core/error-codes.ts';
import type { Alert, AlertList, CredentialDetail, CredentialSlot } from '../../registries/index.ts';
import type { alert, alertList, credentialDetail, credentialSlot } from '../schemas/credential.ts';
import { iso } from './time.ts';

/** Everything about the credential of a registry, as the API answers it. */
export function presentCredential(detail: CredentialDetail): z.output<typeof credentialDetail> {
  const { uses, next, previous, blastRadius, alerts, ...same } = detail;
  return {
    ...same,
    uses: uses.map(({ firstAt, lastAt, ...use }) => ({ ...use, firstAt: iso(firstAt), lastAt: iso(lastAt) })),
    ...(next && { next: presentSlot(next) }),
    ...(previous && { previous: presentSlot(previous) }),
    blastRadius: {
      ...blastRadius,
      items: blastRadius.items.map(({ lastUsedAt, ...item }) => ({
        ...item,
        ...(lastUsedAt !== undefined && { lastUsedAt: iso(lastUsedAt) }),
      })),
    },
    alerts: alerts.map(presentAlert),
  };
}

export function presentAlerts({ items, counts }: AlertList): z.output<typeof alertList> {
  return { items: items.map(presentAlert), counts };
}

export function presentAlert({ dueAt, raisedAt, updatedAt, acknowledgedAt, ...same }: Alert): z.output<typeof alert> {
  return {
    ...same,
    help: describeErrorCode(same.code).help,
    ...(dueAt !== undefined && { dueAt: iso(dueAt) }),
    raisedAt: iso(raisedAt),
    updatedAt: iso(updatedAt),
    ...(acknowledgedAt !== undefined && { acknowledgedAt: iso(acknowledgedAt) }),
  };
}

function presentSlot({ secretEndsAt, createdAt, test, ...same }: CredentialSlot): z.output<typeof credentialSlot> {
  return {
    ...same,
    ...(secretEndsAt !== undefined && { secretEndsAt: iso(secretEndsAt) }),
    createdAt: iso(createdAt),
    ...(test && { test: { ...test, testedAt: iso(test.testedAt) } }),
  };
}
