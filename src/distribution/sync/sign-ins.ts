import { CopyError, CredentialError, RegistryError } from '../../oci/index.ts';

/** Refusals after which nothing more is tried: accounts are locked after five or ten. One alone may be about one repository. */
const mostRefused = 3;

/**
 * Sign-ins of one run on one side. A password that is wrong is wrong for every repository, and a rule may have thousands of them: as
 * long as none was accepted, a few refusals end the run.
 */
export class SignIns {
  readonly #isSignedIn: boolean;
  #isAccepted = false;
  #refused = 0;

  /** @param isSignedIn whether the registry is known to be sent a credential: else a 401 says that one is asked for, and locks nothing */
  constructor(isSignedIn = false) {
    this.#isSignedIn = isSignedIn;
  }

  /** Whether it is still to be found out: what would sign in at the same time does so one after another. */
  get isOpen(): boolean {
    return !this.#isAccepted && this.#refused < mostRefused;
  }

  /** So far, and not after one was accepted. */
  get refusals(): number {
    return this.#refused;
  }

  accepted(): void {
    this.#isAccepted = true;
  }

  /** Notes what failed. True when nothing more is to be tried. */
  refused(error: unknown): boolean {
    if (this.#isAccepted || !this.#isRefusal(error)) return false;
    return ++this.#refused >= mostRefused;
  }

  #isRefusal(error: unknown): boolean {
    if (error instanceof CopyError) return this.#isRefusal(error.cause);
    // Some token servers say 403 of a repository that the account may not read.
    if (error instanceof CredentialError)
      return error.code === 'credential_refused' && error.context['anonymous'] !== true && error.context['status'] !== 403;
    return this.#isSignedIn && error instanceof RegistryError && error.code === 'registry_unauthorized';
  }
}
