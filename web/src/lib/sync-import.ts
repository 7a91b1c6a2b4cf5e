import type { SyncImportInput, SyncImportResult, SyncSpec } from '../api/types.ts';

export type RuleFormat = NonNullable<SyncImportInput['format']>;
export type ImportedRule = SyncImportResult['items'][number];

/** Where rules can come from. */
export const ruleFormats: readonly { format: RuleFormat; title: string; help: string; placeholder: string }[] = [
  {
    format: 'regsync',
    title: 'regsync',
    help: 'Its regsync.yml; the entries under “sync”.',
    placeholder:
      'version: 1\nsync:\n  - source: registry.example.com/shop/api\n    target: mirror.example.com/shop/api\n    type: repository\n    interval: 60m',
  },
  {
    format: 'skopeo',
    title: 'skopeo sync',
    help: 'The YAML of “skopeo sync --src yaml”. It names no destination: choose it below.',
    placeholder: 'registry.example.com:\n  images:\n    shop/api:\n      - "1.8.2"',
  },
  {
    format: 'tagboat',
    title: 'Tagboat',
    help: 'Rules as “tagboat sync” reads them.',
    placeholder:
      'rules:\n  - name: releases\n    source: { registry: prod, repositories: [shop/*] }\n    destination: { registry: mirror }',
  },
];

/** The format that a text is in, where it shows; undefined where it does not. */
export function guessFormat(text: string): RuleFormat | undefined {
  if (/^\s*["']?rules["']?\s*:/m.test(text) && /["']?repositories["']?\s*:/.test(text)) return 'tagboat';
  if (/^\s*sync\s*:/m.test(text) && /\btarget\s*:/.test(text)) return 'regsync';
  if (/^\s+(?:images|images-by-tag-regex|images-by-semver)\s*:/m.test(text)) return 'skopeo';
  return undefined;
}

/** Registries that were chosen for an entry, in place of those that the hub did not find. */
export interface ChosenEnds {
  source?: string;
  destination?: string;
}

/** The spec of an entry with the registries that were chosen for it. */
export function withEnds(spec: SyncSpec, { source, destination }: ChosenEnds): SyncSpec {
  return {
    ...spec,
    source: { ...spec.source, ...(source !== undefined && { registry: source }) },
    destination: { ...spec.destination, ...(destination !== undefined && { registry: destination }) },
  };
}

/** Ends of an entry whose registry is none of those that are connected. */
export function missingEnds(spec: SyncSpec, known: ReadonlySet<string>): ('source' | 'destination')[] {
  return (['source', 'destination'] as const).filter((end) => !known.has(spec[end].registry));
}

/** Whether an entry can be made as things are: nothing is wrong with it but registries, and those were chosen. */
export function canTake(entry: ImportedRule, chosen: ChosenEnds, known: ReadonlySet<string>): boolean {
  if (missingEnds(withEnds(entry.spec, chosen), known).length > 0) return false;
  return entry.outcome !== 'failed' || otherFaults(entry).length === 0;
}

/** What is wrong with an entry beside the registries that it names. */
export function otherFaults(entry: ImportedRule): { field: string; message: string }[] {
  const { problem } = entry;
  if (!problem) return [];
  const fields = problem.fields ?? [];
  if (fields.length === 0) return [{ field: '', message: [problem.detail, problem.help].filter(Boolean).join(' ') }];
  return fields.filter(({ field }) => !isRegistryField(field));
}

function isRegistryField(field: string): boolean {
  return field === 'spec.source.registry' || field === 'spec.destination.registry';
}
