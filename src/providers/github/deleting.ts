import { z } from 'zod';
import { RegistryError, UnsupportedError } from '../../core/errors.ts';
import type { Deletable } from '../../oci/index.ts';
import { deletionRefused } from '../shared/deleting.ts';
import { baseOf, type GitHubContext, send, walk } from './api.ts';

const needed =
  'Deleting takes a personal access token (classic) with read:packages and delete:packages, authorised for the organisation’s single sign-on, of somebody with the role admin for the package.';

const versionPage = z.array(
  z.object({
    id: z.int(),
    name: z.string(),
    metadata: z.object({ container: z.object({ tags: z.array(z.string()).nullish() }).nullish() }).nullish(),
  }),
);

interface Version {
  path: string;
  tags: readonly string[];
}

/**
 * Deletes a version of a container package, which is a manifest with all of its tags: GitHub has nothing smaller.
 *
 * @throws UnsupportedError for a tag whose manifest has others, and for the last tagged version, which GitHub keeps; RegistryError
 *   `registry_not_found` when no version is of that name
 */
export async function deleteVersion(ctx: GitHubContext, owner: string, name: string, what: Deletable): Promise<void> {
  const version = await findVersion(ctx, owner, name, what);
  if ('tag' in what && version.tags.length > 1) {
    const others = version.tags.filter((tag) => tag !== what.tag);
    throw new UnsupportedError(
      `The tag ${what.tag} was not deleted: GitHub deletes an image with all of its tags, and this one’s is also tagged ${others.slice(0, 5).join(', ')}${others.length > 5 ? ', …' : ''}.`,
      { help: 'To delete the image with all of its tags, name it by its digest.' },
    );
  }
  const url = new URL(`${baseOf(ctx)}${version.path}`);
  try {
    await send(ctx, url, 'DELETE');
  } catch (error) {
    throw refusal(error, owner, name);
  }
}

function refusal(error: unknown, owner: string, name: string): unknown {
  // GitHub: "You cannot delete the last tagged version of a package. You must delete the package instead."
  if (error instanceof RegistryError && error.status === 400 && /last (?:tagged )?version/i.test(error.message))
    return new UnsupportedError(`GitHub keeps the last tagged image of a package, and this is the last one of ${owner}/${name}.`, {
      help: 'Delete the whole package on GitHub: package → Package settings → Delete this package. Or push another tag first.',
    });
  return deletionRefused(error, needed, ['registry_denied', 'registry_unauthorized', 'registry_not_found']);
}

/** Below `/orgs` or `/users`: GitHub answers 404 at the wrong one. */
async function findVersion(ctx: GitHubContext, owner: string, name: string, what: Deletable): Promise<Version> {
  const login = encodeURIComponent(owner);
  let refused: unknown;
  for (const kind of ['orgs', 'users']) {
    const path = `/${kind}/${login}/packages/container/${encodeURIComponent(name)}/versions`;
    try {
      for await (const page of walk(ctx, `${path}?`, versionPage)) {
        for (const { id, name: digest, metadata } of page) {
          const tags = metadata?.container?.tags ?? [];
          if ('tag' in what ? tags.includes(what.tag) : digest === what.digest) return { path: `${path}/${id}`, tags };
        }
      }
    } catch (error) {
      if (!(error instanceof RegistryError && error.code === 'registry_not_found')) throw deletionRefused(error, needed);
      refused ??= error;
      continue;
    }
    const shown = 'tag' in what ? `:${what.tag}` : `@${what.digest}`;
    const url = new URL(`${baseOf(ctx)}${path}`);
    throw new RegistryError(`GitHub knows no version ${owner}/${name}${shown}.`, {
      code: 'registry_not_found',
      method: 'GET',
      url: `${url.origin}${url.pathname}`,
    });
  }
  throw refused;
}
