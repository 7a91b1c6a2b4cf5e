import type { FieldError } from '../core/errors.ts';
import type { RegistryInput } from '../registries/index.ts';

/** What registries can come from. */
export const importKinds = [
  'argocd-image-updater',
  'docker-config',
  'kubernetes-secrets',
  'regsync',
  'harbor',
  'devtron',
  'zadig',
  'tagboat',
] as const;
export type ImportKind = (typeof importKinds)[number];

/** What registries can be written as. */
export const exportFormats = ['tagboat', 'argocd-image-updater', 'regsync', 'docker-config'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A file, or what an API answered. */
export interface ImportDocument {
  /** For people, and so that one document can refer to another (`ca_file`): a file's name. */
  name?: string;
  content: string;
}

export interface ImportOptions {
  /** What becomes of a registry that is there already. Default `skip`. */
  existing?: 'skip' | 'update';
  /** Kubernetes secrets: copy the credentials, or refer to where they are (`pullsecret:namespace/name`). Default `copy`. */
  credentials?: 'copy' | 'refer';
}

/**
 * Something to know: `info`, `warning` where the outcome differs from what people expect, `unmapped` where a setting of the
 * other system has no counterpart and is left out.
 */
export interface ImportNote {
  level: 'info' | 'warning' | 'unmapped';
  /** The key of the document that it is about, e.g. `registries[2].ping`. */
  key: string;
  message: string;
}

/**
 * A secret field of an entry: its value is in the document (`found`), at the registry that is there already (`stored`), is read
 * from elsewhere (`source`), or has to be entered (`missing`).
 */
export interface ImportSecret {
  /** Name of the field, or `connection.clientKey`, `connection.clientPassphrase`, `connection.proxyPassword`. */
  field: string;
  label: string;
  state: 'found' | 'missing' | 'source' | 'stored';
}

export interface ImportEntry {
  /** The name that the registry gets; unique in the plan. */
  name: string;
  /** Where it stands in the documents. */
  from: string;
  /** `invalid`: it cannot be taken as it is; `reason` says why. */
  action: 'create' | 'update' | 'skip' | 'invalid';
  /** Of `skip` and `invalid`. */
  reason?: string;
  /** What is wrong at which field, of `invalid`. */
  fields?: FieldError[];
  /** The registry that is there already. */
  existing?: { id: string; name: string };
  /** Names of the settings that an update changes. */
  changes: string[];
  /** Without secrets. */
  input: RegistryInput;
  secrets: ImportSecret[];
  notes: ImportNote[];
}

export interface ImportPlan {
  kind: ImportKind;
  entries: ImportEntry[];
  /** Of the documents as a whole. */
  notes: ImportNote[];
}

/** What a person changes of an entry before it is taken. */
export interface ImportOverride {
  name?: string;
  /** Way of signing in, where the one of the document does not fit. */
  signIn?: string;
  /** Secrets that were missing, and any other field by name. */
  fields?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ImportRequest {
  kind: ImportKind;
  documents: readonly ImportDocument[];
  options?: ImportOptions;
}

export interface ApplyRequest extends ImportRequest {
  /** Names of the entries to take; absent for all. */
  entries?: readonly string[];
  /** By the entry's name in the plan. */
  overrides?: Readonly<Record<string, ImportOverride>>;
}

/** What became of an entry. */
export interface ImportOutcome {
  /** The entry's name in the plan. */
  name: string;
  outcome: 'created' | 'updated' | 'skipped' | 'failed';
  registry?: { id: string; name: string };
  /** Of `skipped`. */
  reason?: string;
  /** Of `failed`: what was thrown. */
  error?: unknown;
}

/** A text to save as a file. */
export interface Exported {
  format: ExportFormat;
  /** Suggested name of the file. */
  fileName: string;
  mediaType: string;
  content: string;
}
