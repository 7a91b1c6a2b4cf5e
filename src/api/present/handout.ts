import type { z } from 'zod';
import type { Handout } from '../../registries/index.ts';
import type { issuedCredential } from '../schemas/handout.ts';
import { iso } from './time.ts';

/** A credential as the API hands it out. */
export function presentHandout({ issuedAt, expiresAt, ...handout }: Handout): z.output<typeof issuedCredential> {
  return {
    ...handout,
    ...(issuedAt !== undefined && { issuedAt: iso(issuedAt) }),
    ...(expiresAt !== undefined && { expiresAt: iso(expiresAt) }),
  };
}
