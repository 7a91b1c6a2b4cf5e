import type { CopyInput, CopySettings } from '../api/types.ts';
import type { FieldErrors } from './draft-check.ts';

/** A copy as it is being asked for. */
export interface CopyDraft {
  source: { registry: string; repository: string; reference: string };
  destinations: readonly DestinationDraft[];
  settings: CopySettings;
  /** Values of the variables that rules name and Tagboat has none for. */
  variables: Readonly<Record<string, string>>;
}

export interface DestinationDraft {
  /** Tells rows apart; never sent. */
  key: number;
  registry: string;
  /** Rule for the repository's name. */
  repository: string;
  /** Rules for tags as they are typed, with commas or spaces between them; none copies by digest only. */
  tags: string;
}

/** What rules can use without being told. */
export const ruleVariables = [
  { text: '{tag}', meaning: 'the source’s tag' },
  { text: '{repository}', meaning: 'the source’s repository: shop/api' },
  { text: '{name}', meaning: 'its last part: api' },
  { text: '{registry}', meaning: 'the source’s registry' },
  { text: '{digest:12}', meaning: 'the first 12 characters of the digest' },
  { text: '{date:yyyyMMdd-HHmm}', meaning: 'now, in UTC' },
  { text: '{service}', meaning: 'a value of your own; any name will do' },
  { text: '{tag#v}', meaning: 'without “v” at its beginning' },
  { text: '{tag%-rc}', meaning: 'without “-rc” at its end' },
  { text: '{repository/shop/prod}', meaning: 'with the first “shop” replaced by “prod”' },
] as const;

const known = new Set(['tag', 'repository', 'name', 'registry', 'digest', 'date']);

/** Variables that the rules name and that have no meaning of their own, in their order. */
export function ownVariables(destinations: readonly Pick<DestinationDraft, 'repository' | 'tags'>[]): string[] {
  const names = new Set<string>();
  for (const { repository, tags } of destinations) {
    for (const rule of [repository, tags]) {
      for (const [, name] of rule.matchAll(/\{([A-Za-z][A-Za-z0-9_-]*)/g)) if (name !== undefined && !known.has(name)) names.add(name);
    }
  }
  return [...names];
}

/** `{tag}, stable` → two rules. */
export function splitTags(text: string): string[] {
  return text.split(/[\s,]+/).filter((each) => each !== '');
}

/** Whether a reference is a digest rather than a tag. */
export function isDigest(reference: string): boolean {
  return reference.includes(':');
}

/** The rules of a destination that nobody has changed: as the last one has them, or the source's own names. */
export function newDestination(draft: Pick<CopyDraft, 'source' | 'destinations'>, registry: string): DestinationDraft {
  const last = draft.destinations.at(-1);
  const key = Math.max(0, ...draft.destinations.map((each) => each.key)) + 1;
  if (last) return { ...last, key, registry };
  return { key, registry, repository: '{repository}', tags: isDigest(draft.source.reference) ? '' : '{tag}' };
}

/** What can be said without asking the hub, by the path of the field in the request. */
export function checkCopyDraft(draft: CopyDraft): FieldErrors {
  const errors: Record<string, string> = {};
  const { source, destinations, variables } = draft;
  if (source.registry === '') errors['source.registry'] = 'Choose the registry that it is in.';
  if (source.repository.trim() === '') errors['source.repository'] = 'Choose the repository.';
  if (source.reference.trim() === '') errors['source.reference'] = 'Choose a tag, or paste a digest.';
  if (destinations.length === 0) errors.destinations = 'Choose at least one registry to copy to.';
  destinations.forEach((each, index) => {
    if (each.repository.trim() === '') errors[`destinations.${index}.repository`] = 'Write a name, or {repository} for the source’s.';
  });
  for (const name of ownVariables(destinations)) {
    if ((variables[name] ?? '').trim() === '') errors[`variables.${name}`] = `Say what {${name}} stands for.`;
  }
  return errors;
}

/** The request. Values of variables that no rule uses any more are left out. */
export function copyInput(draft: CopyDraft, cause: 'person' | 'promotion' = 'person'): CopyInput {
  const used = ownVariables(draft.destinations).filter((name) => (draft.variables[name] ?? '').trim() !== '');
  return {
    source: {
      registry: draft.source.registry,
      repository: draft.source.repository.trim(),
      reference: draft.source.reference.trim(),
    },
    destinations: draft.destinations.map(({ registry, repository, tags }) => ({
      registry,
      repository: repository.trim(),
      tags: splitTags(tags),
    })),
    ...(Object.keys(draft.settings).length > 0 && { settings: draft.settings }),
    ...(used.length > 0 && { variables: Object.fromEntries(used.map((name) => [name, (draft.variables[name] ?? '').trim()])) }),
    ...(cause === 'promotion' && { cause }),
  };
}

/** The hub's message for a field: its own, or that of the first of its parts (`destinations.0.tags.1` for `destinations.0.tags`). */
export function errorAt(errors: FieldErrors, path: string): string | undefined {
  if (errors[path] !== undefined) return errors[path];
  const part = Object.keys(errors).find((each) => each.startsWith(`${path}.`));
  return part === undefined ? undefined : errors[part];
}
