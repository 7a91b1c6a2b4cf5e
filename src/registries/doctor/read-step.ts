import { RegistryError, TagboatError } from '../../core/errors.ts';
import { listRepositories } from '../opener.ts';
import { anonymous } from '../../oci/index.ts';
import { type Examination, ok, type Outcome, type StepDefinition } from './examination.ts';

/** Reads something that takes permission: names of repositories, or the tags of one. An open `/v2/` proves nothing. */
export const readStep: StepDefinition = {
  id: 'read',
  title: 'Read access',
  subject: 'read access',
  async examine(examination) {
    const { options } = examination;
    if (options.repository !== undefined) return readTags(examination, options.repository);
    let names: string[];
    try {
      names = await firstRepositories(examination);
    } catch (error) {
      return insteadOfCatalog(examination, error);
    }
    const { configuration } = examination.subject;
    if (hasCatalog(examination)) examination.capabilities.catalog = 'yes';
    const [first] = names;
    if (first === undefined) return nothingThere(examination);
    examination.repository = first;
    const below = configuration.namespace === '' ? '' : ` below ${configuration.namespace}`;
    return withUntested(
      examination,
      ok(`${names.length === 1 ? '1 repository' : `${names.length} repositories`}${below} on the first page`, {
        'For example': names.slice(0, 5).join(', '),
      }),
    );
  },
};

function hasCatalog({ subject }: Examination): boolean {
  const { provider } = subject.configuration;
  return provider.listRepositories !== undefined || provider.traits.catalog !== 'none';
}

/** The first page that holds a name; at most five pages are looked at. */
async function firstRepositories({ subject, client, credential, signal }: Examination): Promise<string[]> {
  const { provider } = subject.configuration;
  const context = () => subject.catalogContext(client, async () => credential ?? anonymous, signal);
  let pages = 0;
  for await (const page of listRepositories({ provider, client, context }, subject.configuration, signal)) {
    if (page.items.length > 0) return page.items.map((item) => item.name);
    if (++pages >= 5) break;
  }
  return [];
}

/** The catalog is closed to many: then a repository that is known by name shows whether reading is allowed. */
async function insteadOfCatalog(examination: Examination, error: unknown): Promise<Outcome> {
  const refused =
    error instanceof RegistryError && (error.status === 401 || error.status === 403 || error.status === 404 || error.status === 405);
  const unsupported = error instanceof TagboatError && error.code === 'unsupported';
  const { configuration } = examination.subject;
  const { provider, namespace } = configuration;
  if (!refused && !unsupported) throw error;
  if (provider.listRepositories && error instanceof RegistryError && error.status === 404 && namespace !== '')
    return noNamespace(examination);
  examination.capabilities.catalog = 'no';
  const known = configuration.pinnedRepositories[0] ?? provider.probeRepository;
  if (known !== undefined) {
    const outcome = await readTags(examination, known);
    return outcome.state === 'ok' ? { ...outcome, summary: `${outcome.summary}; the list of repositories is closed` } : outcome;
  }
  return {
    state: 'warning',
    code: 'catalog_closed',
    summary: `${configuration.url.host} does not show its list of repositories to this credential, so reading is not proven`,
    help: 'Name a repository to test with, or pin the repositories that matter: their tags can be read all the same.',
    field: 'pinnedRepositories',
  };
}

async function readTags(examination: Examination, name: string): Promise<Outcome> {
  const { client, signal } = examination;
  try {
    for await (const tags of client.repository(name).listTags({ signal, pageSize: 100 })) {
      examination.repository = name;
      if (tags[0] !== undefined) examination.tag = tags[0];
      const count = tags.length === 1 ? '1 tag' : `${tags.length} tags`;
      return withUntested(
        examination,
        ok(`${name} can be read: ${count} on the first page`, { 'For example': tags.slice(0, 5).join(', ') }),
      );
    }
    examination.repository = name;
    return withUntested(examination, ok(`${name} can be read; it has no tags`));
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return noRepository(examination, name);
    throw error;
  }
}

function nothingThere(examination: Examination): Outcome {
  const { configuration } = examination.subject;
  if (configuration.namespace !== '') return noNamespace(examination);
  if (!hasCatalog(examination)) {
    return {
      state: 'warning',
      code: 'catalog_closed',
      summary: `${configuration.provider.title} has no list of repositories, so reading is not proven`,
      help: 'Name a repository to test with, or pin the repositories that matter.',
      field: 'pinnedRepositories',
    };
  }
  return withUntested(examination, ok('The list of repositories can be read; it is empty'));
}

function noNamespace({ subject }: Examination): Outcome {
  const { namespace, url, provider } = subject.configuration;
  const word = provider.namespace?.label.toLowerCase() ?? 'namespace';
  return {
    state: 'failed',
    code: 'namespace_not_found',
    summary: `There is no repository in the ${word} “${namespace}” of ${url.host}`,
    help: `Check its spelling. If it is right, it is still empty, or this credential may not see it. Leave the field empty to see everything.`,
    field: 'namespace',
    offer: { kind: 'set-namespace' },
  };
}

function noRepository(examination: Examination, name: string): Outcome {
  const { url, namespace, provider } = examination.subject.configuration;
  // Where a push makes the repository, whether pushing is allowed can be found out all the same.
  const made = examination.options.push === true && !provider.traits.createRepository;
  if (made) examination.repository = name;
  const below = namespace !== '' && !name.startsWith(`${namespace}/`) ? ` Did you mean ${namespace}/${name}?` : '';
  return {
    state: made ? 'warning' : 'failed',
    code: 'repository_not_found',
    summary: `There is no repository “${name}” on ${url.host}`,
    help: `Check its spelling, with everything before the last slash.${below} Many registries say this as well when permission is missing.`,
    field: 'options.repository',
  };
}

/** Everything worked, but nobody asked for the password: it may be wrong all the same. */
function withUntested({ ping, credential, authentication, subject }: Examination, outcome: Outcome): Outcome {
  const asked = (ping?.challenges.length ?? 0) > 0 || (authentication !== undefined && authentication.scheme !== 'none');
  if (asked || credential === undefined || credential.kind === 'anonymous') return outcome;
  return {
    ...outcome,
    state: 'warning',
    code: 'credential_untested',
    summary: `${outcome.summary}. Nobody asked for the password, so it is not tested`,
    help: `${subject.configuration.url.host} shows this to everybody. Name a private repository to test the sign-in with.`,
  };
}
