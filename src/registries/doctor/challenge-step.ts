import type { Challenge } from '../../oci/index.ts';
import { likelyTitle } from '../../provider/index.ts';
import { genericProvider } from '../address.ts';
import { ok, type StepDefinition, withEvidence } from './examination.ts';

/** Reads how the registry wants to be signed in to, and whether the password may go where it says. */
export const challengeStep: StepDefinition = {
  id: 'challenge',
  title: 'Way of signing in',
  subject: 'the way of signing in',
  async examine({ subject, ping }) {
    const { configuration, client } = subject;
    const { url } = configuration;
    const challenges = ping?.challenges ?? [];
    if (challenges.length === 0) return ok('None asked for on /v2/; repositories may still ask for one');
    const bearer = challenges.find((challenge) => challenge.scheme === 'bearer' && realmOf(challenge));
    const realm = bearer && realmOf(bearer);
    if (!bearer || !realm) {
      const basic = challenges.some((challenge) => challenge.scheme === 'basic');
      if (basic)
        return ok('User name and password, sent to the registry itself', { Scheme: 'Basic', Realm: challenges[0]?.parameters.realm });
      return {
        state: 'failed',
        code: 'challenge_unsupported',
        summary: `${url.host} asks for a way of signing in that registries do not use: ${challenges.map((challenge) => challenge.scheme).join(', ')}`,
        help: 'Only Basic and Bearer can be used. Something in front of the registry may have its own sign-in.',
        field: 'url',
        ...withEvidence({ Realm: challenges[0]?.parameters.realm?.slice(0, 200) }),
      };
    }
    const evidence = { Scheme: 'Bearer', Realm: `${realm.origin}${realm.pathname}`, Service: bearer.parameters.service?.slice(0, 200) };
    const hasSecret = subject.sources.length > 0 || Object.keys(configuration.secrets).some((name) => !name.startsWith('connection.'));
    const elsewhere = realm.hostname !== url.hostname;
    const unprotected = realm.protocol === 'http:' && url.protocol === 'https:';
    if (hasSecret && (unprotected || (elsewhere && !(await client.trustRealm?.(realm, url))))) {
      return {
        state: 'failed',
        code: 'realm_untrusted',
        summary: `${url.host} wants the password to be sent to another host, ${realm.host}`,
        help: !unprotected
          ? `If ${realm.host} belongs to this registry, an administrator can confirm it. Otherwise do not: it would get to know the password.`
          : 'That host is reached without encryption, so the password is not sent there. Have the realm of the registry corrected to https://.',
        field: 'trustedRealms',
        ...(!unprotected && { offer: { kind: 'trust-realm', origin: realm.origin } as const }),
        ...withEvidence(evidence),
      };
    }
    const known = subject.providers.detectByAnswer({
      realm,
      headers: ping?.headers ?? {},
      ...(bearer.parameters.service !== undefined && { service: bearer.parameters.service }),
    });
    const better = known && configuration.provider.id === genericProvider && known.id !== genericProvider ? known : undefined;
    const outcome = ok(elsewhere ? `Token from ${realm.host}, which is trusted` : `Token from ${realm.host}`, evidence);
    return better
      ? {
          ...outcome,
          help: `This looks like ${likelyTitle(better)}. Chosen as the provider, it shows more: dates, sizes, whole lists.`,
          field: 'provider',
        }
      : outcome;
  },
};

function realmOf(challenge: Challenge): URL | undefined {
  const realm = challenge.parameters.realm === undefined ? null : URL.parse(challenge.parameters.realm);
  return realm && (realm.protocol === 'https:' || realm.protocol === 'http:') ? realm : undefined;
}
