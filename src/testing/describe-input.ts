import { expect, it } from 'vitest';
import type { AnyProvider } from '../provider/define.ts';
import { fieldMeta } from '../provider/field.ts';
import { trustsRealm } from '../provider/realm.ts';
import { checkFields } from '../provider/settings.ts';

interface InputSubject {
  url: URL;
  signIns: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;
}

/** The part of `describeProvider()` about what comes in badly: copied values, and registries that name a hostile token server. */
export function describeInput(provider: AnyProvider, ownHosts: readonly string[], subject: () => InputSubject): void {
  it.each(Object.keys(provider.signIn))('takes by “%s” what was copied with a line end or blanks around it', (method) => {
    const { signIns, url } = subject();
    const fields = signIns[method] ?? {};
    const schemas = { ...provider.settings.shape, ...provider.signIn[method]?.fields.shape };
    const copied = Object.entries(fields).map(([name, value]) => {
      const schema = schemas[name];
      const verbatim = schema !== undefined && fieldMeta(schema)?.verbatim === true;
      return [name, typeof value === 'string' ? (verbatim ? `${value}\r\n` : ` \t${value} \n`) : value] as const;
    });
    const { settings, secrets } = checkFields(provider, { signIn: method, fields, url });
    expect(checkFields(provider, { signIn: method, fields: Object.fromEntries(copied), url })).toMatchObject({ settings, secrets });
  });

  it.each([
    'http://169.254.169.254/token',
    'https://169.254.169.254/token',
    'https://100.100.100.200/token',
    'https://[fd00:ec2::254]/token',
    'https://metadata.google.internal/token',
    'https://localhost/token',
    ...ownHosts.flatMap((host) => [`https://${host}.evil.example/token`, `http://${host}/token`]),
  ])('sends no credential to a token server at %s', (realm) => {
    expect(trustsRealm(provider, new URL(realm))).toBe(false);
  });
}
