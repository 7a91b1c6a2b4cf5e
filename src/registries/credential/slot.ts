import type { Principal } from '../../access/index.ts';
import { type FieldError, InvalidSettings } from '../../core/errors.ts';
import type { AnyProvider } from '../../provider/define.ts';
import type { RegistryDraft } from '../draft.ts';
import { fingerprint } from '../fingerprint.ts';
import type { StoredRegistry } from '../row.ts';
import type { Registry } from '../types.ts';
import type { StoredSlot } from './slot-store.ts';

type Named<T> = Readonly<Record<string, T>>;

/** The credential of a registry as it is put aside: the fields of its way of signing in. Those of the provider stay with the registry. */
export function slotOf(
  { registry, sealed }: Pick<StoredRegistry, 'sealed'> & { registry: Pick<Registry, 'signIn' | 'settings' | 'sources' | 'secretEndsAt'> },
  provider: AnyProvider,
  by: Principal,
  now: number,
): StoredSlot {
  const isOwn = ownFields(provider, registry.signIn);
  return {
    signIn: registry.signIn,
    settings: pick(registry.settings, isOwn),
    sources: pick(registry.sources, isOwn),
    sealed: pick(sealed, isOwn),
    ...(registry.secretEndsAt !== undefined && { secretEndsAt: registry.secretEndsAt }),
    createdAt: now,
    ...(by.userId !== undefined && { createdBy: by.userId }),
    createdByName: by.name,
  };
}

/** The registry as it is with another credential. */
export function withSlot({ registry, sealed }: StoredRegistry, slot: StoredSlot, provider: AnyProvider): StoredRegistry {
  const isOwn = ownFields(provider, registry.signIn);
  const isKept = (name: string): boolean => !isOwn(name);
  const { secretEndsAt: _secretEndsAt, ...same } = registry;
  const secrets = { ...pick(sealed, isKept), ...slot.sealed };
  return {
    registry: {
      ...same,
      signIn: slot.signIn,
      settings: { ...pick(registry.settings, isKept), ...slot.settings },
      sources: { ...pick(registry.sources, isKept), ...slot.sources },
      secretsSet: Object.keys(secrets),
      ...(slot.secretEndsAt !== undefined && { secretEndsAt: slot.secretEndsAt }),
    },
    sealed: secrets,
  };
}

/**
 * Refuses a next credential that is none: the same as the one in use, or one with changes beyond the way of signing in, which
 * would have to be tested with what it is in use with.
 */
export function requireNext(stored: StoredRegistry, draft: RegistryDraft, sealed: Named<string>): void {
  const { provider } = draft;
  const isOwn = ownFields(provider, draft.signIn);
  const isPresent = ownFields(provider, stored.registry.signIn);
  const beyond = (name: string): boolean => !isOwn(name) && !isPresent(name);
  const names = new Set([...Object.keys(draft.settings), ...Object.keys(stored.registry.settings), ...Object.keys(sealed)]);
  const errors: FieldError[] = [...names]
    .filter((name) => beyond(name) && (draft.settings[name] !== stored.registry.settings[name] || sealed[name] !== stored.sealed[name]))
    .map((name) => ({
      field: `fields.${name}`,
      message: 'This belongs to the registry, not to its credential: edit the registry to change it.',
    }));
  if (errors.length > 0) throw new InvalidSettings(errors[0]?.message ?? '', errors);
  const { signIn, settings, sources } = stored.registry;
  const facts = (way: string, plain: object, from: object, secrets: object): string =>
    JSON.stringify([way, sorted(plain), sorted(from), sorted(secrets)]);
  if (facts(draft.signIn, draft.settings, draft.sources, sealed) === facts(signIn, settings, sources, stored.sealed)) {
    const message = 'This is the credential in use. Enter what is to be another one in the next.';
    throw new InvalidSettings(message, [{ field: 'fields', message }]);
  }
}

/** Why a next credential should not be put in use yet. */
export function testProblem(stored: StoredRegistry, slot: StoredSlot, provider: AnyProvider): string | undefined {
  const { test } = slot;
  if (!test) return 'The next credential was not tested.';
  if (isOutdated(stored, slot, provider)) return 'The registry was changed since the next credential was tested.';
  if (test.report.state === 'failing') return `The test of the next credential failed: ${test.report.summary.replace(/[.:;]?$/, '.')}`;
  return undefined;
}

/** Whether the registry would be another one with the credential now than it was when that was tested. */
export function isOutdated(stored: StoredRegistry, slot: StoredSlot, provider: AnyProvider): boolean {
  return slot.test !== undefined && slot.test.fingerprint !== fingerprint(withSlot(stored, slot, provider));
}

function ownFields(provider: AnyProvider, signIn: string): (name: string) => boolean {
  const shape = provider.signIn[signIn]?.fields.shape ?? {};
  return (name) => Object.hasOwn(shape, name);
}

function pick<T>(values: Named<T>, wanted: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => wanted(name)));
}

function sorted(values: object): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}
