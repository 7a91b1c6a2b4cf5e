import { z } from 'zod';
import { InvalidReference, RegistryError } from '../../core/errors.ts';
import { callApi, invalidAnswer } from '../../provider/api.ts';
import type { ProviderRequest } from '../../provider/http.ts';
import { patiently } from '../../provider/patience.ts';
import { apiToken, apiUrl, type GarContext, scopeOf, service } from './registry-api.ts';

/** How often, and milliseconds between, that an operation is asked about: two minutes in all. Google makes a repository in seconds. */
const asked = 60;
const pause = 2000;
/** `google.rpc.Code` of what is there already. */
const alreadyExists = 6;

const operationName = /^projects\/[^/?#]{1,100}\/locations\/[a-z0-9-]{1,63}\/operations\/[\w-]{1,100}$/;
const operation = z.object({
  name: z.string().regex(operationName),
  done: z.boolean().nullish(),
  error: z.object({ code: z.number(), message: z.string().max(2000).nullish().catch(undefined) }).nullish(),
});
const found = z.object({ name: z.string(), format: z.string().nullish() });

/**
 * Makes the repository of Artifact Registry that an image's name begins with, for Docker images; images below it appear on push. Behind
 * gcr.io it is the one repository of that name in the project. (REST v1: projects.locations.repositories.create, a long-running
 * operation; "gcr.io repositories".)
 *
 * @param name `project/repository[/image]`; at gcr.io `project[/image]`
 * @throws RegistryError, InvalidReference, InvalidSettings, CredentialError
 */
export async function createGarRepository(ctx: GarContext, name: string): Promise<'created' | 'exists'> {
  const { project, location, gcr, repository } = scopeOf({ ...ctx, namespace: name });
  const id = gcr ?? repository;
  if (id === undefined) throw new InvalidReference(`“${name}” names no repository: names here are project/repository/image.`);
  const parent = `projects/${project}/locations/${location}/repositories`;
  const resource = `${parent}/${encodeURIComponent(id)}`;
  const url = apiUrl(ctx, parent);
  url.search = new URLSearchParams({ repositoryId: id }).toString();
  try {
    const begun = await call(ctx, url, operation, { method: 'POST', body: JSON.stringify({ format: 'DOCKER' }), idempotent: true });
    return (await finished(ctx, begun)) ? 'created' : await there(ctx, resource);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    if (error.status === 409) return there(ctx, resource);
    // Who may push into what is there, and make nothing, is told so.
    if (error.status === 403) {
      return there(ctx, resource, 1).catch(() => {
        throw error;
      });
    }
    throw error;
  }
}

/** Waits for an operation. False when it ended because somebody else had made the same. */
async function finished(ctx: GarContext, begun: z.output<typeof operation>): Promise<boolean> {
  let current = begun;
  const url = apiUrl(ctx, begun.name);
  for (let count = 0; current.done !== true; count++) {
    if (count === asked) throw unfinished(url);
    await ctx.clock.sleep(pause, ctx.signal);
    current = await call(ctx, url, operation, {});
  }
  const { error } = current;
  if (!error) return true;
  if (error.code === alreadyExists) return false;
  throw new RegistryError(
    `Google did not make the repository${error.message ? `: ${error.message.replace(/\s+/g, ' ').slice(0, 300)}` : '.'}`,
    {
      code: 'registry_unexpected_status',
      method: 'POST',
      url: `${url.origin}${url.pathname}`,
      context: { service },
    },
  );
}

/** Waits until the repository that somebody else is making can be seen. */
async function there(ctx: GarContext, resource: string, tries = asked): Promise<'exists'> {
  const url = apiUrl(ctx, resource);
  for (let count = 1; ; count++) {
    try {
      const { format } = await call(ctx, url, found, {});
      if (format === 'DOCKER') return 'exists';
      throw invalidAnswer({ service, method: 'GET', url }, `a repository for ${format ?? 'something'} where one for Docker images was due`);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 404 || tries === 1) throw error;
      if (count === tries) throw unfinished(url);
    }
    await ctx.clock.sleep(pause, ctx.signal);
  }
}

function call<T>(ctx: GarContext, url: URL, schema: z.ZodType<T>, request: ProviderRequest): Promise<T> {
  return patiently(ctx, async () => {
    const headers = {
      authorization: `Bearer ${await apiToken(ctx)}`,
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
    };
    return (await callApi(ctx.http, url, schema, { ...request, service, now: ctx.clock.now(), headers, signal: ctx.signal })).data;
  });
}

function unfinished(url: URL): RegistryError {
  return new RegistryError(`Google had not made the repository after ${(asked * pause) / 60_000} minutes.`, {
    code: 'registry_unavailable',
    method: 'GET',
    url: `${url.origin}${url.pathname}`,
    context: { service },
  });
}
