import type { SyncSpec } from '../types.ts';

/** Forms in which rules are written: our own, `regsync.yml`, and what `skopeo sync --src yaml` reads. */
export const syncFormats = ['tagboat', 'regsync', 'skopeo'] as const;
export type SyncFormat = (typeof syncFormats)[number];

/** A rule as a document has it. */
export interface DocumentRule {
  /** Unique in what was read; can be the name of a rule. */
  name: string;
  /** Where it stands: `sync.yml, rules[2]`. */
  from: string;
  /** Registries are what the document says: a name, a host, or `oci:<directory>` for a layout on disk. */
  spec: SyncSpec;
  /** Whether it is to run by itself; absent where the document does not say. */
  enabled?: boolean;
  /** What has no counterpart, or means something else here, in sentences. */
  notes: string[];
  /** Why it cannot be taken as it is; `spec` is what could be read then. */
  problem?: string;
}

/** How a registry is reached that is not asked for its certificate: by HTTP, by HTTPS, or by whichever of the two it speaks. */
export type Unchecked = 'plain' | 'insecure' | 'either';

export interface DocumentRules {
  /** As which they were read; of documents of several forms, that of the first. */
  format?: SyncFormat;
  rules: DocumentRule[];
  /** Of the documents as a whole. */
  notes: string[];
  /** Registries that the document reaches otherwise than by HTTPS with a checked certificate: host → how. */
  connections: ReadonlyMap<string, Unchecked>;
}

export interface ReadRulesOptions {
  /** Absent: found out from the document. */
  format?: SyncFormat;
  /** Of skopeo's documents, which name no destination: registry, or registry and what its repositories begin with (`registry.acme.io/mirror`). */
  destination?: string;
  /** Of skopeo's documents: keep the whole name of the source below the destination, rather than its last part. Default false. */
  scoped?: boolean;
  /** What `{{env "NAME"}}` of regsync stands for. Default: nothing is known, and such a rule cannot be taken. */
  env?: Readonly<Record<string, string | undefined>>;
}
