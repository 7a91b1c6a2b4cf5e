import { everyItem, type ListRegistriesQuery, type ReferenceTo, type Registry } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { formatCount } from '../output/size.ts';
import { printable } from '../output/text.ts';
import { formatDuration, relativeTime } from '../output/time.ts';

interface ListOptions extends CommonOptions {
  provider?: string;
  state?: ListRegistriesQuery['state'];
  project?: string;
  search?: string;
}

const urgency: Readonly<Record<Registry['state']['state'], number>> = { failing: 0, degraded: 1, unknown: 2, ok: 2 };

export async function registryList(cli: Cli, options: ListOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const { provider, state, project, search: q } = options;
  const found = await Array.fromAsync(everyItem((cursor) => hub.listRegistries({ cursor, limit: 1000, provider, state, project, q })));
  const items = found.toSorted((a, b) => urgency[a.state.state] - urgency[b.state.state] || a.name.localeCompare(b.name, 'en'));
  const output = cli.output(options);
  const now = output.now();
  output.result({
    json: () => ({ items }),
    quiet: () => items.map((item) => printable(item.name)),
    human: () => {
      if (items.length === 0) {
        return provider || state || project || q
          ? ['No registry fits.']
          : ['No registry is connected yet.', 'Next: tagboat registry add <name> <url>'];
      }
      return output.table<Registry>(
        [
          { title: 'NAME', value: (item) => (item.default ? `${item.name} *` : item.name) },
          { title: 'PROVIDER', value: (item) => item.provider },
          { title: 'HOST', value: (item) => item.prefix, shrinkTo: 20 },
          { title: 'STATE', value: (item) => stateText(item, now), paint: (item) => statePaint(output, item), shrinkTo: 20 },
          {
            title: 'REPOSITORIES',
            value: (item) => (item.repositoryCount === undefined ? undefined : formatCount(item.repositoryCount)),
            align: 'right',
            optional: true,
          },
          {
            title: 'CREDENTIAL',
            value: (item) => credentialText(item.credential, now),
            paint: (item) => (item.credential?.failure ? output.palette.bad : (text) => text),
            optional: true,
          },
        ],
        items,
      );
    },
  });
}

/** `ok · 2 min ago`, `failing for 3 h: password rejected`. */
function stateText({ state, secretsLost }: Registry, now: number): string {
  if (secretsLost) return 'secrets lost: enter them again';
  if (state.state === 'unknown') return 'not tested yet';
  if (state.state === 'ok') return state.checkedAt ? `ok · ${relativeTime(state.checkedAt, now)}` : 'ok';
  const since = state.since ? ` for ${formatDuration(Math.max(0, now - Date.parse(state.since)))}` : '';
  return `${state.state}${since}${state.summary ? `: ${state.summary}` : ''}`;
}

/** What of the credential comes first: that it cannot be renewed, a secret that ends for good within a month, or its own end. */
function credentialText(credential: Registry['credential'], now: number): string | undefined {
  if (credential?.failure) return `not renewed: ${credential.failure.code}`;
  const [end] = credential?.ends ?? [];
  if (end && Date.parse(end.at) - now < 30 * 24 * 60 * 60_000) return `${end.label} ends ${relativeTime(end.at, now)}`;
  return credential?.expiresAt && `expires ${relativeTime(credential.expiresAt, now)}`;
}

function statePaint(output: Output, { state, secretsLost }: Registry): (text: string) => string {
  const { good, warn, bad, dim } = output.palette;
  return secretsLost ? bad : { ok: good, degraded: warn, failing: bad, unknown: dim }[state.state];
}

export async function registryShow(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const registry = await hub.getRegistry(name);
  const output = cli.output(options);
  output.result({ json: () => registry, quiet: () => [printable(registry.name)], human: () => showLines(output, registry) });
}

const tlsTexts = {
  verify: 'certificate verified',
  ca: 'certificate verified, own authorities',
  insecure: 'any certificate accepted',
  plain: 'plain HTTP',
} as const;

function showLines(output: Output, registry: Registry): string[] {
  const now = output.now();
  const { connection, credential, quota } = registry;
  const settings = Object.entries(registry.settings).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return [
    output.palette.strong(printable(registry.name)),
    ...output.fields([
      ['description', registry.description],
      ['state', stateText(registry, now), statePaint(output, registry)],
      ['next check', registry.state.nextAt && relativeTime(registry.state.nextAt, now)],
      ['provider', registry.provider],
      ['URL', registry.url],
      ['references', `${registry.prefix}/…`],
      ['namespace', registry.namespace],
      ['default', registry.default ? 'yes' : undefined],
      ['projects', registry.allProjects ? 'all' : registry.projects.join(', ') || 'none'],
      ['sign-in', registry.signIn],
      ...settings.map(([label, value]) => [printable(label), typeof value === 'string' ? value : JSON.stringify(value)] as const),
      ['secrets stored', registry.secretsSet.join(', ')],
      [
        'secrets read',
        Object.entries(registry.sources)
          .map(([name, source]) => `${name} from ${source}`)
          .join('\n'),
      ],
      ['secret ends', registry.secretEndsAt && relativeTime(registry.secretEndsAt, now)],
      ['order of tags', registry.tagOrder],
      [
        'credential',
        credential &&
          `${credential.kind}${credential.username ? ` (${credential.username})` : ''}${credential.expiresAt ? `, expires ${relativeTime(credential.expiresAt, now)}` : ''}`,
      ],
      [
        'not renewed',
        credential?.failure && `since ${relativeTime(credential.failure.since, now)}: ${credential.failure.message}`,
        output.palette.bad,
      ],
      [
        'last used',
        credential?.lastUse && `${relativeTime(credential.lastUse.at, now)} by ${credential.lastUse.by}: ${credential.lastUse.purpose}`,
      ],
      ['ends', credential?.ends?.map((end) => `${end.label}: ${end.at.slice(0, 10)}, ${relativeTime(end.at, now)}`).join('\n')],
      [
        'renewed after',
        registry.credentialExpirySeconds === undefined ? undefined : formatDuration(registry.credentialExpirySeconds * 1000),
      ],
      ['quota', quota && `${formatCount(quota.remaining)} of ${formatCount(quota.limit)} left, read ${relativeTime(quota.at, now)}`],
      ['connection', tlsTexts[connection.tls]],
      [
        'authorities',
        connection.caCertificates
          .map((certificate) => `${certificate.subject}, expires ${relativeTime(certificate.notAfter, now)}`)
          .join('\n'),
      ],
      [
        'client certificate',
        connection.clientCertificate?.info
          .map((certificate) => `${certificate.subject}, expires ${relativeTime(certificate.notAfter, now)}`)
          .join('\n'),
      ],
      ['proxy', connection.proxy],
      ['requests per second', connection.requestsPerSecond?.toString()],
      ['trusted realms', registry.trustedRealms.join('\n')],
      ['pinned', registry.pinnedRepositories.join('\n')],
      ['repositories', registry.repositoryCount === undefined ? undefined : formatCount(registry.repositoryCount)],
      ['changed', `${relativeTime(registry.updatedAt, now)}${registry.updatedByName ? ` by ${registry.updatedByName}` : ''}`],
      ['id', registry.id],
    ]),
  ];
}

export async function registryReferences(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const { items } = await (await openHub(cli, options)).listRegistryReferences(name);
  const output = cli.output(options);
  output.result({
    json: () => ({ items }),
    quiet: () => items.map((item) => printable(item.name)),
    human: () =>
      items.length === 0
        ? ['Nothing refers to it: it can be removed.']
        : output.table<ReferenceTo>(
            [
              { title: 'KIND', value: (item) => item.kind },
              { title: 'NAME', value: (item) => item.name },
              { title: 'ID', value: (item) => item.id },
            ],
            items,
          ),
  });
}
