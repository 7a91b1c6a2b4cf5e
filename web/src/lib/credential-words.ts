import type { CredentialEnd, CredentialSlot, CredentialStatus } from '../api/types.ts';
import type { ChipKind } from '../components/bits.tsx';

export const credentialKinds: Readonly<Record<CredentialStatus['kind'], string>> = {
  anonymous: 'Anonymous',
  basic: 'Username and password',
  identity: 'Identity token',
  bearer: 'Bearer token',
};

/** Who says when something ends. */
export const endWords: Readonly<Record<CredentialEnd['from'], string>> = {
  stated: 'stated by a person',
  provider: 'the registry says so',
  token: 'read from the token',
  certificate: 'read from the certificate',
};

const day = 86_400_000;

/** How much an end presses: warned about 30, 7 and 1 days before. */
export function endTone(at: string, now: number): ChipKind {
  const left = Date.parse(at) - now;
  if (left <= day) return 'bad';
  if (left <= 7 * day) return 'warn';
  return left <= 30 * day ? 'accent' : 'plain';
}

export interface SlotVerdict {
  kind: ChipKind;
  text: string;
  /** It was tested as things are now, and works: nothing speaks against putting it in use. */
  ready: boolean;
}

/** What is known of a credential that is not in use. */
export function slotVerdict(slot: CredentialSlot): SlotVerdict {
  if (slot.secretsLost) return { kind: 'bad', text: 'secrets lost', ready: false };
  if (!slot.test) return { kind: 'plain', text: 'not tested', ready: false };
  if (slot.test.report.state === 'failing') return { kind: 'bad', text: 'test failed', ready: false };
  if (slot.test.outdated) return { kind: 'warn', text: 'tested before the last change', ready: false };
  return slot.test.report.state === 'ok'
    ? { kind: 'good', text: 'tested, works', ready: true }
    : { kind: 'warn', text: 'tested, works with a warning', ready: true };
}

/** Names of kinds of dependants in the plural: `3 watches`. */
const plurals: Readonly<Record<string, string>> = { watch: 'watches', policy: 'policies', person: 'people', user: 'people' };

/** `2 tokens, 1 project`. */
export function countWordsOf(counts: Readonly<Record<string, number>>): string[] {
  const singular = (kind: string) => (kind === 'user' ? 'person' : kind.replaceAll('-', ' '));
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${count === 1 ? singular(kind) : (plurals[kind] ?? `${kind.replaceAll('-', ' ')}s`)}`);
}
