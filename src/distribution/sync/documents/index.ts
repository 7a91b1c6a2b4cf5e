/** Rules as documents have them: our own, those of regsync and of skopeo sync. */
export { readRules } from './read.ts';
export { type DocumentRule, type DocumentRules, type ReadRulesOptions, type SyncFormat, syncFormats, type Unchecked } from './types.ts';
