import { CredentialError, InvalidSettings } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { Credential } from '../../oci/index.ts';
import { credentialOf, valueOf } from './content.ts';
import { sourcesByScheme } from './kinds.ts';
import type { CredentialSourceOptions } from './options.ts';
import { parseSource, sourceSchemes, type SourceScheme } from './reference.ts';
import type { Source, SourceQuestion } from './source.ts';

/** One kind of place that secrets may be read from. */
export interface SourceKind {
  scheme: SourceScheme;
  /** In words: "Command". */
  title: string;
  /** A whole reference. */
  example: string;
  /** Whether this hub was set up for it. */
  available: boolean;
  /** What to do to have it set up. */
  reason?: string;
}

/**
 * Reads secrets where they are kept: nothing of it is stored or shown. A reference (`vault:ci/registry#password`) says where;
 * which places there are is what whoever runs the hub has set up.
 */
export class CredentialSources {
  readonly #sources: Readonly<Record<SourceScheme, Source>>;

  constructor(options: CredentialSourceOptions = {}) {
    this.#sources = sourcesByScheme(options);
  }

  /**
   * Whether a reference is well written, and this hub set up for it. Nothing is read.
   *
   * @throws InvalidSettings that says what to do
   */
  check(text: string): void {
    try {
      const { source, rest } = this.#find(text);
      source.check(rest);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      throw new InvalidSettings(error.message, [{ field: 'source', message: error.message }]);
    }
  }

  /** The value of one field. @throws CredentialError */
  async readValue(text: string, question: SourceQuestion): Promise<Secret<string>> {
    const { source, rest } = this.#find(text);
    const content = await source.read(rest, question);
    return new Secret(await valueOf(content, source.describe(rest), question));
  }

  /** A whole credential, as the registry takes it. @throws CredentialError */
  async readCredential(text: string, question: SourceQuestion): Promise<Credential> {
    const { source, rest } = this.#find(text);
    const content = await source.read(rest, question);
    return credentialOf(content, source.describe(rest), question);
  }

  /** Changes when what is there changed; empty where that cannot be seen without reading it. Never throws for what is not there. */
  async stamp(text: string): Promise<string> {
    const { source, rest } = this.#find(text);
    return (await source.stamp?.(rest)) ?? '';
  }

  /** For people: "file /run/secrets/registry". Never a value. */
  describe(text: string): string {
    const { source, rest } = this.#find(text);
    return source.describe(rest);
  }

  /** Every kind of place, and whether this hub was set up for it. */
  kinds(): SourceKind[] {
    return sourceSchemes.map((scheme) => {
      const source = this.#sources[scheme];
      const { title, example } = source;
      try {
        source.ready();
        return { scheme, title, example, available: true };
      } catch (error) {
        if (!(error instanceof CredentialError)) throw error;
        return { scheme, title, example, available: false, reason: error.message };
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#sources).map(async (source) => source.close?.()));
  }

  #find(text: string): { source: Source; rest: string } {
    const { scheme, rest } = parseSource(text);
    return { source: this.#sources[scheme], rest };
  }
}
