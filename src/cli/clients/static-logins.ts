import type { IssuedCredential, Registry } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../output/text.ts';
import type { CredentialDesk } from './desk.ts';

/** Issued at a time; each may ask a cloud. */
const concurrency = 6;

/**
 * Credentials of registries, to be written down for programs that know no helpers. One that cannot be had is noted and left
 * out, unless its registry was named.
 */
export async function staticLogins(
  cli: Cli,
  desk: CredentialDesk,
  registries: readonly Pick<Registry, 'id' | 'name'>[],
  { purpose, push, named }: { purpose: string; push: boolean; named: boolean },
): Promise<IssuedCredential[]> {
  const found: IssuedCredential[] = [];
  const waiting = [...registries];
  const work = async (): Promise<void> => {
    for (let registry = waiting.shift(); registry; registry = waiting.shift()) {
      try {
        const credential = await desk.issue({ registry: registry.id, repositories: [], push: push ? 'if-allowed' : false, purpose });
        if (credential) found.push(credential);
      } catch (error) {
        if (named || !(error instanceof Error)) throw error;
        cli.io.stderr.write(`${printable(registry.name)} is left out: ${printable(error.message)}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return found;
}
