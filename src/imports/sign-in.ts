import type { AnyProvider, SignIn } from '../provider/define.ts';
import { externalSignIn } from '../provider/external.ts';
import { fieldMeta } from '../provider/field.ts';
import type { Candidate, FoundCredential } from './candidate.ts';

/** A way of signing in of one provider, filled as far as the document goes. */
export interface ChosenSignIn {
  signIn?: string;
  fields: Record<string, string>;
  /** Secret fields. */
  values: Record<string, string>;
  /** Secret field → where its value is read. */
  sources: Record<string, string>;
  /** Why none fits. */
  problem?: string;
}

const nothing = (): ChosenSignIn => ({ fields: {}, values: {}, sources: {} });

/** User names under which registries take tokens that end within hours: a copy would be stale tomorrow. */
const passingNames: ReadonlySet<string> = new Set(['AWS', 'oauth2accesstoken']);

/**
 * Finds the provider's way of signing in that takes what the document holds. Where there is none, `problem` says so: a registry
 * that had a credential is not taken over without one.
 */
export function chooseSignIn(provider: AnyProvider, candidate: Candidate): ChosenSignIn {
  const { credential: found } = candidate;
  const refused = (why: string): ChosenSignIn => {
    const ways = Object.keys(provider.signIn).join(', ');
    return { ...nothing(), problem: `${why} Choose how to sign in: ${ways}.` };
  };
  switch (found?.kind) {
    case undefined:
    case 'anonymous':
      return Object.hasOwn(provider.signIn, 'anonymous') ? { ...nothing(), signIn: 'anonymous' } : nothing();
    case 'hidden':
      return byHidden(provider) ?? refused('The other system does not tell how it signs in.');
    case 'source':
      offerOwnIdentity(provider, candidate, found.source);
      return { ...nothing(), signIn: externalSignIn, fields: { source: found.source } };
    case 'fields':
      return byFields(provider, found) ?? refused(`${provider.title} signs in by other fields than these.`);
    case 'identity-token':
      return (
        byIdentityToken(provider, found) ?? refused(`${provider.title} takes no identity token, which is what was left by signing in.`)
      );
    case 'pair':
      if (passingNames.has(found.username))
        return refused(`The password of “${found.username}” ends within hours; Tagboat renews it by itself.`);
      return (
        byJsonKey(provider, found) ??
        byPair(provider, found, candidate.passwordSource) ??
        refused(`${provider.title} signs in by other fields than user name and password.`)
      );
  }
}

/** A script that asks a cloud for a token is not needed where the provider does that itself. */
function offerOwnIdentity(provider: AnyProvider, candidate: Candidate, source: string): void {
  const own = Object.values(provider.signIn).find((way) => way.ambient);
  if (!own || !source.startsWith('exec:')) return;
  const message = `${provider.title} can sign in without a script, too: “${own.title}”.`;
  candidate.notes.push({ level: 'info', key: `${candidate.from}: sign-in`.slice(0, 200), message });
}

/** User name and password are what most registries take; both are then missing and asked for. */
function byHidden(provider: AnyProvider): ChosenSignIn | undefined {
  const signIn = Object.entries(provider.signIn).find(([, way]) => pairOf(way))?.[0];
  return signIn === undefined ? undefined : { ...nothing(), signIn };
}

function byFields(provider: AnyProvider, found: FoundCredential & { kind: 'fields' }): ChosenSignIn | undefined {
  const { signIn, fields, values } = found;
  const shape = signIn === undefined ? {} : { ...provider.settings.shape, ...provider.signIn[signIn]?.fields.shape };
  if (signIn === undefined || !Object.hasOwn(provider.signIn, signIn)) return undefined;
  if (![...Object.keys(fields), ...Object.keys(values)].every((name) => Object.hasOwn(shape, name))) return undefined;
  return { ...nothing(), signIn, fields, values };
}

function byIdentityToken(provider: AnyProvider, found: FoundCredential & { kind: 'identity-token' }): ChosenSignIn | undefined {
  for (const [signIn, way] of Object.entries(provider.signIn)) {
    const token = secretsOf(way).find((name) => /identity/i.test(name));
    if (token === undefined) continue;
    const takesUser = found.username !== undefined && Object.hasOwn(way.fields.shape, 'username');
    return { ...nothing(), signIn, fields: takesUser ? { username: found.username ?? '' } : {}, values: { [token]: found.token } };
  }
  return undefined;
}

/** Google's registries take a whole key file as password; the provider has a field for it. */
function byJsonKey(provider: AnyProvider, found: FoundCredential & { kind: 'pair' }): ChosenSignIn | undefined {
  if (found.username !== '_json_key' && found.username !== '_json_key_base64') return undefined;
  for (const [signIn, way] of Object.entries(provider.signIn)) {
    const key = secretsOf(way).find((name) => /json/i.test(name));
    if (key !== undefined) return { ...nothing(), signIn, values: found.password === undefined ? {} : { [key]: found.password } };
  }
  return undefined;
}

function byPair(provider: AnyProvider, found: FoundCredential & { kind: 'pair' }, source: string | undefined): ChosenSignIn | undefined {
  const all = Object.entries(provider.signIn).flatMap(([signIn, way]) => {
    const pair = pairOf(way);
    return pair ? [{ signIn, pair, fits: takes(way, pair[0], found.username) && takes(way, pair[1], found.password) }] : [];
  });
  // Where none takes it as it is, the rules of the fields say what is wrong.
  const ways = all.some(({ fits }) => fits) ? all.filter(({ fits }) => fits) : all;
  // `robot$…` of Harbor, `organisation+robot` of Quay.
  const isRobot = /^robot\$|^[^+@]+\+[^+@]+$/.test(found.username);
  const chosen =
    ways.find(({ signIn }) => isRobot && signIn === 'robot') ?? ways.find(({ signIn }) => isRobot || signIn !== 'robot') ?? ways[0];
  if (!chosen) return undefined;
  const [user, password] = chosen.pair;
  return {
    signIn: chosen.signIn,
    fields: { [user]: found.username },
    values: found.password === undefined ? {} : { [password]: found.password },
    sources: found.password === undefined && source !== undefined ? { [password]: source } : {},
  };
}

/** The fields for user name and password: those that the provider names, else a user name beside the one secret. */
function pairOf(way: SignIn): readonly [string, string] | undefined {
  if (way.pair) return way.pair;
  const required = Object.entries(way.fields.shape).filter(([, schema]) => !schema.safeParse(undefined).success);
  const secrets = secretsOf(way).filter((name) => required.some(([other]) => other === name) && !/identity|json|private/i.test(name));
  const [secret] = secrets;
  const user = required.find(([name]) => /^(?:username|user|login)$/i.test(name))?.[0];
  return user !== undefined && secret !== undefined && required.length === 2 ? [user, secret] : undefined;
}

function takes(way: SignIn, name: string, value: string | undefined): boolean {
  return value === undefined || (way.fields.shape[name]?.safeParse(value.trim()).success ?? false);
}

function secretsOf(way: SignIn): string[] {
  return Object.entries(way.fields.shape).flatMap(([name, schema]) => (fieldMeta(schema)?.secret ? [name] : []));
}
