import { helperLogin } from '../cli/clients/client-keys.ts';
import type { CredentialRequest, IssuedCredential } from '../sdk/index.ts';
import type { CredentialSource } from './credentials.ts';
import { oneLine } from './hub-request.ts';
import { readInput } from './read-input.ts';

/** What a helper's run ends with. Clients read standard output, also for errors (docker/docker-credential-helpers). */
export interface HelperOutcome {
  code: 0 | 1;
  stdout: string;
  /** For people; clients pass it on and do not read it. */
  stderr?: string;
}

export interface HelperRun {
  action: string | undefined;
  stdin: AsyncIterable<Buffer | string>;
  env: Readonly<Record<string, string | undefined>>;
  /** Opened only by the actions that need it. */
  source: () => Promise<CredentialSource>;
  version: () => string;
}

/** Longest name of a server, in bytes. */
const longestServer = 16 * 1024;
const usage = 'Usage: docker-credential-tagboat <get|list|store|erase|version>';

/** Texts that clients compare with: they go on without a sign-in on the first. */
const words = {
  notFound: 'credentials not found in native keychain',
  noServer: 'no credentials server URL',
} as const;

const kept = 'Tagboat keeps the credentials of registries itself';

/**
 * The protocol of Docker's credential helpers. `store` is refused with the reason: `docker login` says that it could not save.
 * `erase` says that there is nothing to erase, and ends well.
 */
export async function runDockerHelper(run: HelperRun): Promise<HelperOutcome> {
  try {
    switch (run.action) {
      case 'get':
        return await get(run);
      case 'list':
        return done(JSON.stringify(await (await run.source()).list()));
      case 'store':
        await drain(run.stdin);
        return failed(`${kept} and stores none of clients: connect the registry with \`tagboat registry add\`, or edit it there.`);
      case 'erase':
        await drain(run.stdin);
        // Nothing was erased, and that is no failure: buildah 1.28 and skopeo 1.9 overflow their stack when it is one.
        return {
          code: 0,
          stdout: '',
          stderr: `${kept}: nothing of yours is stored here that could be erased. \`tagboat logout\` signs this machine out.\n`,
        };
      case 'version':
      case '--version':
        return done(`docker-credential-tagboat ${run.version()}`);
      case '--help':
      case '-h':
        return done(usage);
      default:
        return failed(usage);
    }
  } catch (error) {
    return failed(oneLine(error instanceof Error ? error.message : 'Tagboat met an error that it did not expect.'));
  }
}

async function get({ stdin, env, source }: HelperRun): Promise<HelperOutcome> {
  const server = (await readInput(stdin, longestServer)).trim();
  if (server === '') return failed(words.noServer);
  const credential = await issue(await source(), env['TAGBOAT_REGISTRY'], {
    reference: server,
    // A client names the host alone, and uses the answer for every repository there.
    repositories: [],
    push: isYes(env['TAGBOAT_PULL_ONLY']) ? false : 'if-allowed',
    purpose: env['TAGBOAT_PURPOSE']?.slice(0, 200).trim() || 'docker credential helper',
  });
  const answer = credential && helperLogin(credential);
  return answer ? done(JSON.stringify({ ServerURL: server, ...answer })) : failed(words.notFound);
}

/** With TAGBOAT_REGISTRY, only those registries: the first that the server is of. */
async function issue(
  source: CredentialSource,
  only: string | undefined,
  request: CredentialRequest,
): Promise<IssuedCredential | undefined> {
  if (!only) return source.issue(request);
  for (const registry of only.split(',', 100)) {
    try {
      const credential = await source.issue({ ...request, registry: registry.trim() });
      if (credential) return credential;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'conflict')) throw error;
    }
  }
  return undefined;
}

/** A client that is still writing must not meet a closed pipe. */
async function drain(stdin: AsyncIterable<Buffer | string>): Promise<void> {
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.length;
    if (size > 4 * longestServer) return;
  }
}

const isYes = (text: string | undefined): boolean => /^(1|yes|true|on)$/i.test(text ?? '');
const done = (text: string): HelperOutcome => ({ code: 0, stdout: `${text}\n` });
const failed = (text: string): HelperOutcome => ({ code: 1, stdout: `${text}\n` });
