import { RegistryError } from '../../core/errors.ts';
import { catalogScope, repositoryScope } from '../../oci/index.ts';
import { basePath } from '../url.ts';
import { type Examination, ok, type Outcome, skipped, spoken, type StepDefinition } from './examination.ts';

/** Signs in: exchanges the credential for a token, or, where there are no tokens, shows it to the registry. */
export const tokenStep: StepDefinition = {
  id: 'token',
  title: 'Sign-in',
  subject: 'the sign-in',
  async examine(examination) {
    const { client, ping, credential, signal, subject, options } = examination;
    if (ping?.challenges.length === 0) return skipped('The registry asked for no sign-in on /v2/');
    if (credential?.kind === 'anonymous' && !asksForTokens(examination)) {
      return {
        state: 'failed',
        code: 'registry_unauthorized',
        summary: `${subject.configuration.url.host} does not let anybody in without a sign-in`,
        help: 'Choose a way of signing in and enter user name and password or token.',
        field: 'signIn',
      };
    }
    const repository = options.repository ?? subject.configuration.pinnedRepositories[0];
    const wanted =
      repository !== undefined
        ? [repositoryScope(repository, ['pull'])]
        : subject.configuration.provider.traits.catalog === 'registry'
          ? [catalogScope]
          : [];
    const authentication = await client.authenticate(wanted, { signal });
    examination.authentication = authentication;
    if (authentication.scheme !== 'bearer') return showCredential(examination);
    const granted = authentication.grantedActions;
    return ok(
      authentication.expiresAt === undefined
        ? 'A token was issued'
        : `A token was issued for ${spoken(authentication.expiresAt - subject.clock.now())}`,
      {
        'Token server': authentication.realm,
        Service: authentication.service,
        Grants: granted && (granted.join(', ').slice(0, 300) || 'nothing of what was asked for'),
      },
    );
  },
};

function asksForTokens({ ping }: Examination): boolean {
  return ping?.challenges.some((challenge) => challenge.scheme === 'bearer') ?? false;
}

/** Basic has no exchange that could fail: the registry has to see the credential. */
async function showCredential({ client, signal, credential, subject }: Examination): Promise<Outcome> {
  const response = await client.request(`${basePath(subject.configuration.url)}/v2/`, { signal });
  if (response.status >= 300) {
    throw new RegistryError(`${subject.configuration.url.host} answered ${response.status} to the sign-in.`, {
      code: 'registry_unexpected_status',
      method: 'GET',
      url: `${subject.configuration.url.origin}/v2/`,
      status: response.status,
    });
  }
  const user = credential?.kind === 'basic' ? ` as ${credential.username}` : '';
  return ok(`Signed in${user}`);
}
