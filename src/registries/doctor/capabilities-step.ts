import { RegistryError, TagboatError } from '../../core/errors.ts';
import type { Capability } from '../types.ts';
import { basePath } from '../url.ts';
import { type Examination, ok, type StepDefinition } from './examination.ts';

const words: Record<string, string> = {
  catalog: 'list of repositories',
  referrers: 'referrers',
  delete: 'deleting',
  mount: 'mounting blobs',
  push: 'pushing',
};

/** A digest that no content has: asking to delete it shows what would be answered, and deletes nothing. */
const noContent = `sha256:${'0'.repeat(64)}`;

/** What can be done here. Nothing is changed at the registry; pushing is only tried, and broken off, when asked for. */
export const capabilitiesStep: StepDefinition = {
  id: 'capabilities',
  title: 'Capabilities',
  subject: 'the capabilities',
  async examine(examination) {
    const { capabilities, options, subject } = examination;
    const { traits } = subject.configuration.provider;
    capabilities.catalog ??= subject.configuration.provider.listRepositories || traits.catalog !== 'none' ? 'unknown' : 'no';
    capabilities.referrers = await referrers(examination);
    capabilities.mount = traits.mount ? 'yes' : 'no';
    capabilities.delete = options.push ? await deleting(examination) : deleteTrait(traits.delete);
    if (options.push) capabilities.push = await pushing(examination);

    const can = Object.entries(capabilities).filter(([, value]) => value === 'yes');
    const cannot = Object.entries(capabilities).filter(([, value]) => value === 'no');
    const summary = [
      can.length > 0 && `Can: ${can.map(([name]) => words[name] ?? name).join(', ')}`,
      cannot.length > 0 && `cannot: ${cannot.map(([name]) => words[name] ?? name).join(', ')}`,
    ].filter(Boolean);
    const evidence = Object.fromEntries(Object.entries(capabilities).map(([name, value]) => [words[name] ?? name, value]));
    if (capabilities.push === 'no') {
      return {
        ...ok('', evidence),
        state: 'warning',
        code: 'push_denied',
        summary: `This credential may not push to ${examination.repository ?? 'this registry'}`,
        help: 'Grant it permission to push, if builds are to use this registry. Reading is not concerned.',
      };
    }
    return ok(summary.join('; ') || 'Nothing could be found out', evidence);
  },
};

function deleteTrait(trait: string): Capability {
  return trait === 'probe' ? 'unknown' : trait === 'unsupported' ? 'no' : 'yes';
}

/** Trait first; else any digest does, as a registry that knows the API answers 200 for what nobody refers to. */
async function referrers({ subject, repository, client, signal }: Examination): Promise<Capability> {
  const { traits } = subject.configuration.provider;
  if (traits.referrers !== 'probe') return traits.referrers === 'api' ? 'yes' : 'no';
  if (repository === undefined) return 'unknown';
  try {
    const { via } = await client.repository(repository).referrers(noContent, { signal });
    return via === 'api' ? 'yes' : 'no';
  } catch (error) {
    return unlessAborted(error, signal);
  }
}

async function deleting({ subject, repository, client, signal }: Examination): Promise<Capability> {
  const { traits } = subject.configuration.provider;
  if (traits.delete !== 'probe') return deleteTrait(traits.delete);
  if (repository === undefined) return 'unknown';
  try {
    const response = await client.request(`${basePath(subject.configuration.url)}/v2/${repository}/manifests/${noContent}`, {
      method: 'DELETE',
      scopes: [`repository:${repository}:delete`],
      allow: [400, 401, 403, 404, 405],
      signal,
    });
    if (response.status === 404) return 'yes';
    return response.status === 400 ? 'unknown' : 'no';
  } catch (error) {
    if (error instanceof RegistryError && (error.status === 401 || error.status === 403)) return 'no';
    return unlessAborted(error, signal);
  }
}

async function pushing({ repository, client, signal }: Examination): Promise<Capability> {
  if (repository === undefined) return 'unknown';
  try {
    await client.repository(repository).probeUpload({ signal });
    return 'yes';
  } catch (error) {
    if (error instanceof RegistryError && (error.status === 401 || error.status === 403 || error.status === 405)) return 'no';
    return unlessAborted(error, signal);
  }
}

/** A capability that could not be found out is unknown, not an error of the registry's. */
function unlessAborted(error: unknown, signal: AbortSignal): Capability {
  if (signal.aborted) throw signal.reason;
  if (error instanceof TagboatError) return 'unknown';
  throw error;
}
