import { Secret } from '../core/secret.ts';
import type { SecretKeyring } from './deps.ts';
import type { SecretValue } from './types.ts';

/** Seals and opens registries' secrets. Each is bound to its registry and field: moved elsewhere, it does not open. */
export class Vault {
  readonly #keyring: SecretKeyring;

  constructor(keyring: SecretKeyring) {
    this.#keyring = keyring;
  }

  /** Sealed texts by name; those that are sealed already stay as they are. */
  seal(registryId: string, secrets: Readonly<Record<string, SecretValue>>): Record<string, string> {
    return Object.fromEntries(
      Object.entries(secrets).map(([name, value]) => [
        name,
        'sealed' in value ? value.sealed : this.#keyring.seal(value.fresh.reveal(), context(registryId, name)),
      ]),
    );
  }

  /** Throws CredentialError `unseal_failed` when it was sealed with another key, or for another registry or field. */
  open(registryId: string | undefined, name: string, value: SecretValue): Secret<string> {
    if ('fresh' in value) return new Secret(value.fresh.reveal());
    return this.#keyring.unseal(value.sealed, context(registryId ?? '', name));
  }

  /** Whether sealed secrets cannot be opened any more, so that they have to be entered again. */
  lost(registryId: string, sealed: Readonly<Record<string, string>>): boolean {
    const entries = Object.entries(sealed);
    if (entries.length === 0) return false;
    if (this.#keyring.state === 'lost') return true;
    return entries.some(([name, text]) => {
      try {
        this.#keyring.unseal(text, context(registryId, name));
        return false;
      } catch {
        return true;
      }
    });
  }
}

function context(registryId: string, name: string): string {
  return `registry:${registryId}:${name}`;
}
