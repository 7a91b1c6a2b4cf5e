import { TagboatError, UnsupportedError } from '../../oci/index.ts';
import type { Repository } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import { openHub } from '../hub-client.ts';
import { formatCount } from '../output/size.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import { notePartial, reportPartial } from '../partial.ts';
import type { DirectOptions } from '../standalone/client.ts';
import { type DirectTarget, type HubTarget, resolveTarget } from '../targets.ts';

export interface ReposOptions extends DirectOptions {
  limit: number;
  all?: boolean;
  filter?: string;
  refresh?: boolean;
}

interface Listing {
  items: Repository[];
  total?: number;
  more: boolean;
  partial?: { reason: string; code: string; retryAt?: string };
  error?: TagboatError;
}

export async function listRepos(cli: Cli, text: string | undefined, options: ReposOptions): Promise<void> {
  const target = text === undefined ? await defaultTarget(cli, options) : await resolveTarget(cli, text, options, { needs: 'registry' });
  const limit = options.all ? Number.POSITIVE_INFINITY : options.limit;
  const listing = target.via === 'hub' ? await listAtHub(target, limit, options) : await listDirect(cli, target, limit, options);
  const output = cli.output(options);
  output.result({
    json: () => ({
      items: listing.items,
      total: listing.total,
      complete: !listing.more && !listing.partial && !listing.error,
      partial: listing.partial,
    }),
    quiet: () => listing.items.map((item) => printable(item.name)),
    human: () => {
      if (listing.items.length === 0)
        return [options.filter ? 'No repository has that in its name.' : 'No repository is there, or none that this sign-in may list.'];
      return output.table<Repository>(
        [
          { title: 'REPOSITORY', value: (item) => item.name, shrinkTo: 24 },
          {
            title: 'TAGS',
            value: (item) => (item.tagCount === undefined ? undefined : formatCount(item.tagCount)),
            align: 'right',
            optional: true,
          },
          {
            title: 'PULLS',
            value: (item) => (item.pullCount === undefined ? undefined : formatCount(item.pullCount)),
            align: 'right',
            optional: true,
          },
          { title: 'UPDATED', value: (item) => item.updatedAt && relativeTime(item.updatedAt, output.now()), optional: true },
          { title: 'DESCRIPTION', value: (item) => item.description || undefined, shrinkTo: 12, optional: true },
        ],
        listing.items,
      );
    },
  });
  notePartial(output, { shown: listing.items.length, total: listing.total, more: listing.more, noun: 'repositories' });
  if (listing.partial || listing.error) {
    await reportPartial(cli, options, listing.partial, listing.error);
    throw new Failed();
  }
}

async function defaultTarget(cli: Cli, options: ReposOptions): Promise<HubTarget> {
  const hub = await openHub(cli, options);
  for (let cursor: string | undefined; ; ) {
    const page = await hub.listRegistries({ cursor, limit: 1000 });
    const registry = page.items.find((item) => item.default);
    if (registry) return { via: 'hub', hub, registry, repository: '' };
    cursor = page.next;
    if (cursor === undefined)
      throw new UsageError(
        'The hub has no default registry that you may see.',
        'Name one: `tagboat repos <registry>`; list them with `tagboat registry list`.',
      );
  }
}

async function listAtHub({ hub, registry }: HubTarget, limit: number, options: ReposOptions): Promise<Listing> {
  const items: Repository[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await hub.listRepositories(registry.name, {
      cursor,
      limit: Math.min(1000, limit - items.length),
      q: options.filter,
      refresh: cursor === undefined && options.refresh ? true : undefined,
    });
    items.push(...page.items);
    cursor = page.next;
    if (cursor === undefined || items.length >= limit)
      return { items, total: page.total, more: cursor !== undefined, partial: page.partial };
  }
}

async function listDirect(cli: Cli, { client, reference }: DirectTarget, limit: number, options: ReposOptions): Promise<Listing> {
  const items: Repository[] = [];
  const wanted = options.filter?.toLowerCase();
  try {
    for await (const names of client.listRepositories({ signal: cli.signal })) {
      for (const name of names) {
        if (wanted !== undefined && !name.toLowerCase().includes(wanted)) continue;
        if (items.length >= limit) return { items, more: true };
        items.push({ registryId: '', registry: reference.registry, name, reference: `${reference.registry}/${name}`, pinned: false });
      }
    }
    return { items, total: items.length, more: false };
  } catch (error) {
    if (!(error instanceof TagboatError) || cli.signal.aborted) throw error;
    if (items.length > 0) return { items, more: true, error };
    if (['registry_not_found', 'registry_unauthorized', 'registry_denied', 'registry_unexpected_status'].includes(error.code)) {
      throw new UnsupportedError(
        `${reference.registry} does not list its repositories to this sign-in (${error.message.replace(/\.$/, '')}). Many registries have no such list: connect it to a hub, which asks the provider, or name a repository: \`tagboat tags ${reference.registry}/<repository>\`.`,
        error.context,
      );
    }
    throw error;
  } finally {
    await client.close();
  }
}
