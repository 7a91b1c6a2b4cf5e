import type { AnyProvider } from '../provider/define.ts';
import type { FieldValue, RegistryConnection, SecretValue, TagOrder } from './types.ts';

/** What is needed to reach a registry, saved or not: checked settings with secrets that are fresh or still sealed. */
export interface RegistryConfiguration {
  /** Absent before it is saved. */
  id?: string;
  name: string;
  provider: AnyProvider;
  url: URL;
  /** What references of it begin with. */
  prefix?: string;
  namespace: string;
  signIn: string;
  settings: Readonly<Record<string, FieldValue>>;
  /** By field name; those of the connection are named `connection.…`. */
  secrets: Readonly<Record<string, SecretValue>>;
  /** Secret field → reference to where its value is read. */
  sources: Readonly<Record<string, string>>;
  connection: RegistryConnection;
  pinnedRepositories: readonly string[];
  trustedRealms: readonly string[];
  /** Milliseconds. */
  credentialExpiry?: number;
}

/** A registry as it is going to be saved. */
export interface RegistryDraft extends RegistryConfiguration {
  prefix: string;
  description: string;
  tagOrder?: TagOrder;
  /** Epoch milliseconds. */
  secretEndsAt?: number;
  allProjects: boolean;
  /** Ids or names as entered; the service resolves them. */
  projects: readonly string[];
}

/** Names of the connection's secrets in `secrets`. */
export const clientKeySecret = 'connection.clientKey';
export const clientPassphraseSecret = 'connection.clientPassphrase';
export const proxyPasswordSecret = 'connection.proxyPassword';
