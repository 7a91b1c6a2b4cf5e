import { codeOf, listError } from '../../provider/identity/aws-errors.ts';
import { type EcrContext, loginOf } from './login.ts';
import { openEcr } from './session.ts';

/**
 * Makes a repository of ECR with the account's defaults: mutable tags, AES-256, unless its settings say otherwise.
 *
 * @throws RegistryError `registry_denied` with the missing action in its context, …; CredentialError
 */
export async function createEcrRepository(ctx: EcrContext, repositoryName: string): Promise<'created' | 'exists'> {
  const { CreateRepositoryCommand, DescribeRepositoriesCommand } = await import('@aws-sdk/client-ecr');
  const { accountId: registryId } = ctx.settings;
  const { client, call } = await openEcr(ctx, loginOf(ctx));
  try {
    await call(() => client.send(new CreateRepositoryCommand({ registryId, repositoryName })));
    return 'created';
  } catch (error) {
    if (error instanceof Error && error.name === 'RepositoryAlreadyExistsException') return 'exists';
    const refusal = listError(error, 'CreateRepository', ctx.url.origin);
    if (!(error instanceof Error) || codeOf(error) !== 'AccessDenied') throw refusal;
    // Who may push into what is there, and make nothing, is told so.
    const answer = await call(() => client.send(new DescribeRepositoriesCommand({ registryId, repositoryNames: [repositoryName] }))).catch(
      () => {
        throw refusal;
      },
    );
    if (answer.repositories?.some((repository) => repository.repositoryName === repositoryName)) return 'exists';
    throw refusal;
  }
}
