export { cleanValue, type FieldValue } from './clean.ts';
export { checkProvider } from './check.ts';
export * from './define.ts';
export { type FieldDescription, fieldDescriptions, type ProviderDescription, providerDescription } from './describe.ts';
export { externalSignIn, pairWay } from './external.ts';
export { fillProviderFields, providerPages, renderProviderFields } from './docs.ts';
export { field, fieldMeta, secret } from './field.ts';
export type { ProviderHttp, ProviderRequest, ProviderResponse } from './http.ts';
export { loadProviders } from './load.ts';
export { trustsRealm } from './realm.ts';
export { likelyTitle, type ProviderProblem, ProviderSet, type RegistryAnswer } from './set.ts';
export {
  type CheckedFields,
  checkFields,
  type FieldsInput,
  providerInput,
  redactFields,
  secretNames,
  type StoredFields,
} from './settings.ts';
