/** Sealing of stored secrets, and the credentials that are issued from them. */
export { CredentialBroker, type CredentialStatus, type GetOptions, type IssueCredential } from './broker.ts';
export { type IssuedCredential, type KeptCredential, withPossibleTimes } from './issued.ts';
export { Keyring, type KeyringOptions, openKeyring, type Rotation } from './keyring.ts';
export { SealedJson } from './sealed-json.ts';
