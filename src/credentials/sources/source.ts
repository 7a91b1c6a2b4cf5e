import { CredentialError } from '../../core/errors.ts';
import type { Credential, DockerConfig } from '../../oci/index.ts';

/** What a source is asked for. */
export interface SourceQuestion {
  /** What the credential is for: `host[:port]`, or `host/path` where several credentials of one host go by path. */
  host: string;
  signal?: AbortSignal;
}

/** What was found there, before it is taken for one value or for a whole credential. */
export type SourceContent =
  | { kind: 'text'; text: string }
  /** Several values by name, as secret stores keep them. */
  | { kind: 'fields'; fields: Readonly<Record<string, string>> }
  /** Credentials of several hosts. */
  | { kind: 'docker-config'; config: DockerConfig }
  | { kind: 'credential'; credential: Credential };

/** One kind of place that secrets are read from. `rest` is what stands behind the colon of a reference. */
export interface Source {
  /** In words: "Command". */
  title: string;
  /** A whole reference. */
  example: string;
  /** Throws when this hub is not set up for it at all, saying what to do. */
  ready(): void;
  /** @throws CredentialError when it cannot be read as it is written, or when this hub is not set up for it */
  check(rest: string): void;
  /** For people: "file /run/secrets/registry". Never a value. */
  describe(rest: string): string;
  /** @throws CredentialError */
  read(rest: string, question: SourceQuestion): Promise<SourceContent>;
  /** Changes when what is there changed, as far as that can be seen without reading it. */
  stamp?(rest: string): Promise<string>;
  /** Ends connections and what runs. */
  close?(): Promise<void>;
}

/** A reference that is not well written, or that this hub is not set up for. The message says what to do. */
export function refused(message: string): CredentialError {
  return new CredentialError(message, { code: 'credential_source_denied', fault: 'caller' });
}

/** What a reference names is not there, cannot be read or is not what was expected. The message says what to do. */
export function failed(message: string, cause?: unknown): CredentialError {
  return new CredentialError(message, { code: 'credential_source_failed', cause });
}
