import { z } from 'zod';
import type { AnyProvider, SignIn } from './define.ts';
import { field } from './field.ts';

/** The way of signing in that every provider has: the whole credential is kept elsewhere, and read when it is needed. */
export const externalSignIn = 'external';

const external: SignIn = {
  title: 'From elsewhere',
  help: 'The hub reads user name and password, or a token, where they are kept, each time it needs them. For administrators.',
  fields: z.object({
    source: field(z.string().max(2048), {
      label: 'Source',
      help: 'A command (exec:), a mounted file (file:), an environment variable of the hub (env:), a Kubernetes secret (pullsecret:, secret:), Docker’s configuration (docker-config:) or a secret store (vault:, aws-sm:, gcp-sm:, azure-kv:).',
      example: 'pullsecret:registry/pull-secret',
    }),
  }),
};

/** The provider with the way `external`, offered last. */
export function withExternal(provider: AnyProvider): AnyProvider {
  return { ...provider, signIn: { ...provider.signIn, [externalSignIn]: external } };
}

/**
 * The way of signing in that a ready `user:password` pair can take the place of: the first that the two suffice for. A pair that
 * was read elsewhere then signs in, lists and is explained as a typed one.
 */
export function pairWay(provider: AnyProvider): { method: string; username: string; password: string } | undefined {
  for (const [method, { pair, fields }] of Object.entries(provider.signIn)) {
    if (!pair) continue;
    const lacking = Object.entries(fields.shape).some(([name, schema]) => !pair.includes(name) && !schema.safeParse(undefined).success);
    if (!lacking) return { method, username: pair[0], password: pair[1] };
  }
  return undefined;
}
