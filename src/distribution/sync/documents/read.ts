import { InvalidSettings } from '../../../core/errors.ts';
import { isMapValue } from '../../../imports/candidate.ts';
import { readDocument } from '../../../imports/documents.ts';
import type { ImportDocument } from '../../../imports/types.ts';
import type { Value } from '../../../imports/value.ts';
import { readRule } from '../rule.ts';
import { RuleNames } from './names.ts';
import { readOwn } from './own.ts';
import { readRegsync } from './regsync.ts';
import { readSkopeo } from './skopeo.ts';
import type { DocumentRule, DocumentRules, ReadRulesOptions, SyncFormat, Unchecked } from './types.ts';

/**
 * Reads rules from documents: our own, `regsync.yml`, or the YAML of `skopeo sync`. What the other programs have and we do not is said
 * in notes; a rule that would do something else than there is marked with a problem rather than taken.
 *
 * @throws InvalidSettings for what cannot be read at all, and for any mistake in rules of our own form
 */
export function readRules(documents: readonly ImportDocument[], options: ReadRulesOptions = {}): DocumentRules {
  const names = new RuleNames();
  const rules: DocumentRule[] = [];
  const notes: string[] = [];
  const connections = new Map<string, Unchecked>();
  let first: SyncFormat | undefined;
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) {
      const format = options.format ?? formatOf(value, name);
      first ??= format;
      if (format === 'tagboat') {
        rules.push(...readOwn(value, name, names));
        continue;
      }
      const found = (format === 'regsync' ? readRegsync : readSkopeo)(value, name, names, options);
      rules.push(...found.rules.map(withoutMistakes));
      notes.push(...found.notes);
      for (const [host, how] of found.connections) connections.set(host, how);
    }
  });
  return { ...(first && { format: first }), rules, notes, connections };
}

/** @throws InvalidSettings when it is none of the forms that are known */
function formatOf(value: Value, name: string): SyncFormat {
  if (isMapValue(value)) {
    const { entries } = value;
    if (entries.has('rules')) return 'tagboat';
    if (entries.has('sync')) return 'regsync';
    const registries = [...entries.values()].filter(isMapValue);
    if (registries.some((one) => ['images', 'images-by-tag-regex', 'images-by-semver'].some((key) => one.entries.has(key))))
      return 'skopeo';
  }
  const message = `${name === '' ? 'The document' : name} holds no rules: neither \`rules\` of Tagboat, nor \`sync\` of regsync, nor registries with \`images\` of skopeo.`;
  throw new InvalidSettings(message, [{ field: 'documents', message }]);
}

/** What another program would refuse, or has another meaning for, is found out here rather than at the first run. */
function withoutMistakes(rule: DocumentRule): DocumentRule {
  if (rule.problem !== undefined) return rule;
  try {
    readRule(rule.spec);
    return rule;
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    return { ...rule, problem: error.fields.map(({ message }) => message).join(' ') };
  }
}
