import { RegistryError } from '../../core/errors.ts';
import type { Credential } from '../../oci/index.ts';
import type { ProviderContext } from '../../provider/define.ts';
import { issueFailure } from '../../provider/issue-failure.ts';
import { forget, remember } from '../../provider/memory.ts';

/** Something that was made at the registry for a credential that is handed out: a robot, an account, a token. */
export interface HandedOut {
  /** By which the registry knows it. */
  id: string;
  credential: Credential;
  /** Until when it is given again, epoch milliseconds. */
  until: number;
}

export interface HandingOut {
  /** Its kind, as `remember()` wants it. */
  memory: string;
  /** Whoever signs in, and for what. */
  key: readonly (string | undefined)[];
  make: () => Promise<HandedOut>;
  /** Whether one that was made before is still good at the registry. Default: it is believed to be. */
  stands?: (id: string) => Promise<boolean>;
}

/**
 * Makes a credential at the registry, or gives the one made before while it is fresh and stands, so that asking often makes few.
 * Undefined where the registry does not let this account make one (`registry_denied`).
 *
 * @throws CredentialError, TransportError
 */
export async function handOut(
  ctx: Pick<ProviderContext, 'http' | 'clock'>,
  { memory, key, make, stands = async () => true }: HandingOut,
): Promise<Credential | undefined> {
  let fresh = false;
  const give = () =>
    remember(ctx, memory, key, async () => {
      fresh = true;
      const value = await make();
      return { value, until: value.until };
    });
  try {
    const { id, credential } = await give();
    if (fresh || (await stands(id))) return credential;
    forget(ctx.http, memory);
    return (await give()).credential;
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_denied') return undefined;
    throw issueFailure(error);
  }
}
