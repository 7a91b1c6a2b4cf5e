import { InvalidSettings } from '../core/errors.ts';
import type { AnyProvider } from './define.ts';
import { type ProviderDescription, providerDescription } from './describe.ts';
import { withExternal } from './external.ts';

/** A file of the providers folder that could not be taken, and why. The other providers work all the same. */
export interface ProviderProblem {
  /** File name without folder, e.g. `acme.ts`. */
  file: string;
  message: string;
}

/** What `/v2/` answered, as far as a provider can be told by it. */
export interface RegistryAnswer {
  realm?: URL;
  service?: string;
  /** Lower-cased names. */
  headers: Readonly<Record<string, string>>;
}

/** What to call a provider that an answer alone told, with what else answers just so. */
export function likelyTitle({ title, lookalikes = [] }: AnyProvider): string {
  return [title, ...lookalikes].join(' or ');
}

/** All providers of this installation, each with the way of signing in `external`, in the order of the picker: by rank, then title. */
export class ProviderSet {
  readonly problems: readonly ProviderProblem[];
  readonly #providers: readonly AnyProvider[];
  readonly #byId: ReadonlyMap<string, AnyProvider>;

  constructor(providers: readonly AnyProvider[], problems: readonly ProviderProblem[] = []) {
    this.#providers = providers
      .map(withExternal)
      .toSorted((a, b) => (a.rank ?? 100) - (b.rank ?? 100) || a.title.localeCompare(b.title, 'en'));
    this.#byId = new Map(this.#providers.map((provider) => [provider.id, provider]));
    this.problems = problems;
  }

  all(): readonly AnyProvider[] {
    return this.#providers;
  }

  get(id: string): AnyProvider | undefined {
    return this.#byId.get(id);
  }

  /** Like `get`, but an unknown id is an InvalidSettings at `provider` that says what there is. */
  require(id: string): AnyProvider {
    const provider = this.#byId.get(id);
    if (provider) return provider;
    const problem = this.problems.find(({ file }) => file.replace(/\.\w+$/, '') === id);
    const message = problem
      ? `The provider “${id}” could not be loaded: ${problem.message}`
      : `There is no provider “${id.slice(0, 64)}”. Known: ${this.#providers.map((known) => known.id).join(', ')}.`;
    throw new InvalidSettings(message, [{ field: 'provider', message }]);
  }

  /**
   * The provider that a registry's host belongs to, by its exact hostname: neither userinfo, nor path, nor a look-alike
   * ending counts. Undefined for hosts that anybody could run a registry on.
   */
  detectByHost(url: URL): AnyProvider | undefined {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
    const host = url.hostname.toLowerCase();
    return this.#providers.find((provider) => provider.hosts.some((pattern) => pattern.test(host)));
  }

  /** The provider whose ways a registry's answer to `/v2/` shows, for hosts that `detectByHost` does not know. */
  detectByAnswer(answer: RegistryAnswer): AnyProvider | undefined {
    const recognising = this.#providers.filter((provider) => provider.recognises?.(answer) ?? false);
    const realm = answer.realm?.hostname.toLowerCase();
    // A token server at a host of one's own says more than the ways of a product that others are made of.
    return recognising.find(({ hosts }) => realm !== undefined && hosts.some((pattern) => pattern.test(realm))) ?? recognising[0];
  }

  /** What form, command line and docs are made of, in the shape of `GET /api/v1/providers`. */
  describe(): ProviderDescription[] {
    return this.#providers.map(providerDescription);
  }
}
