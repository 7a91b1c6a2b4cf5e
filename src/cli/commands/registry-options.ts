import type { ChangeOptions } from '../change.ts';

/** Options of `registry add|edit|test` after parsing, but for those that providers bring along. */
export interface SettingsOptions extends ChangeOptions {
  provider?: string;
  namespace?: string;
  description?: string;
  default?: boolean;
  project?: readonly string[];
  allProjects?: boolean;
  prefix?: string;
  pin?: readonly string[];
  field?: readonly string[];
  signIn?: string;
  passwordStdin?: boolean;
  secretFile?: readonly string[];
  askSecrets?: boolean;
  source?: readonly string[];
  secretEnds?: string | false;
  tagOrder?: 'lexical' | 'oldest-first' | 'newest-first' | false;
  credentialExpiry?: number;
  trustRealm?: readonly string[];
  caFile?: string;
  trustCa?: string;
  insecure?: boolean;
  plainHttp?: boolean;
  verifyTls?: boolean;
  clientCert?: string | false;
  clientKey?: string;
  proxy?: string | false;
  rps?: number | false;
  name?: string;
  url?: string;
  test?: boolean;
  force?: boolean;
  testRepository?: string;
  testPush?: boolean;
  /** Of `credential next`: ISO 8601. */
  ends?: string;
  discard?: boolean;
  again?: boolean;
}
