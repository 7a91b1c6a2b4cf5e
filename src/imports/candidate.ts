import type { RegistryInput } from '../registries/index.ts';
import type { ImportNote } from './types.ts';
import type { MapValue } from './value.ts';

/** How the other system signs in to a registry, before it is known which fields our provider has for it. */
export type FoundCredential =
  | { kind: 'anonymous' }
  /** The password is absent where it does not come out. */
  | { kind: 'pair'; username: string; password?: string }
  | { kind: 'identity-token'; token: string; username?: string }
  /** There is one, and nothing of it comes out. */
  | { kind: 'hidden' }
  /** A whole credential that stays where it is, as a reference of ours: `pullsecret:ns/name`. */
  | { kind: 'source'; source: string }
  /** Fields of the provider's own, by a way of signing in of that name where the provider has it. */
  | { kind: 'fields'; signIn?: string; fields: Record<string, string>; values: Record<string, string> };

/** A registry as another system has it, translated as far as that is possible without knowing its provider. */
export interface Candidate {
  /** Where it stands: `registries[2]`. */
  from: string;
  /** What it is called there; absent where it has no name but its address. */
  name?: string;
  /** An entry of our own export: it is the registry of that name, whatever its address. */
  declared?: boolean;
  input: Omit<RegistryInput, 'name' | 'url'> & { url?: string };
  credential?: FoundCredential;
  /** Reference to where the password of a pair is read: `env:NAME`. */
  passwordSource?: string;
  /** Secrets that belong to named fields. */
  values?: Record<string, string>;
  notes: ImportNote[];
  /** Secrets that the registry had where it comes from, needed or not. */
  needs?: readonly string[];
  /** Projects there that alone see it; those of the same name here get it. */
  projects?: readonly string[];
  /** Why it cannot be taken. */
  problem?: string;
}

/** What a reader makes of the documents. */
export interface Findings {
  candidates: Candidate[];
  /** Of the documents as a whole. */
  notes: ImportNote[];
}

/** A value that has to be a map to be a registry. */
export const isMapValue = (value: { kind: string } | undefined): value is MapValue => value?.kind === 'map';

/** Certificates in a text, as a companion of the document that names its file. */
export const holdsCertificate = (text: string): boolean => /-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text);
