import type { TagboatError } from '../../oci/index.ts';
import type { Tag } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { formatSize } from '../output/size.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import { notePartial, reportPartial } from '../partial.ts';
import type { DirectOptions } from '../standalone/client.ts';
import { type DirectTarget, type HubTarget, resolveTarget } from '../targets.ts';

export type TagSort = 'pushed' | '-pushed' | 'semver' | '-semver' | 'name' | '-name';

export interface TagsOptions extends DirectOptions {
  limit: number;
  all?: boolean;
  sort?: TagSort;
  filter?: string;
  details?: boolean;
  refresh?: boolean;
}

interface Listing {
  items: Tag[];
  total?: number;
  more: boolean;
  partial?: { reason: string; code: string; retryAt?: string };
  error?: TagboatError;
}

export async function listTags(cli: Cli, text: string, options: TagsOptions): Promise<void> {
  const target = await resolveTarget(cli, text, options, { needs: 'repository' });
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
    human: () =>
      listing.items.length === 0
        ? [options.filter ? 'No tag passes the filter.' : 'The repository has no tags.']
        : tagTable(output, listing.items),
  });
  notePartial(output, { shown: listing.items.length, total: listing.total, more: listing.more, noun: 'tags' });
  if (listing.partial || listing.error) {
    await reportPartial(cli, options, listing.partial, listing.error);
    throw new Failed();
  }
}

/** Hub lists are completed for as many tags as somebody may look at; beyond that, what is known already has to do. */
const mostCompleted = 200;

async function listAtHub({ hub, registry, repository }: HubTarget, limit: number, options: TagsOptions): Promise<Listing> {
  const items: Tag[] = [];
  const details = options.details ?? (!options.quiet && limit <= mostCompleted);
  for (let cursor: string | undefined; ; ) {
    const page = await hub.listTags(registry.name, repository, {
      cursor,
      limit: Math.min(details ? 100 : 1000, limit - items.length),
      sort: options.sort,
      filter: options.filter,
      details: details || undefined,
      refresh: cursor === undefined && options.refresh ? true : undefined,
    });
    items.push(...page.items);
    cursor = page.next;
    if (cursor === undefined || items.length >= limit)
      return { items, total: page.total, more: cursor !== undefined, partial: page.partial };
  }
}

async function listDirect(cli: Cli, { client, reference }: DirectTarget, limit: number, options: TagsOptions): Promise<Listing> {
  try {
    const { listTagsDirect } = await import('../standalone/tags.ts');
    const { sort = '-semver' } = options;
    if (sort === 'pushed' || sort === '-pushed') {
      throw new UsageError(
        'A registry does not say when a tag was pushed.',
        'Sort by -semver or -name, or connect the registry to a hub: some providers know it.',
      );
    }
    const wantsDetails = options.details ?? (options.quiet || limit > mostCompleted ? false : 'auto');
    const listing = await listTagsDirect(client, client.repository(reference.repository), {
      limit,
      sort,
      filter: options.filter,
      details: wantsDetails,
      now: () => cli.io.now(),
      signal: cli.signal,
    });
    if (listing.spared) {
      const { remaining, limit: most } = listing.spared;
      cli
        .output(options)
        .note(
          `Sizes and platforms are not read: ${reference.registry} counts that, and ${remaining} of ${most} reads are left. --details reads them.`,
        );
    }
    const { items, total, partial, interrupted } = listing;
    return { items, total, more: items.length < total, partial, error: interrupted };
  } finally {
    await client.close();
  }
}

function tagTable(output: Output, items: readonly Tag[]): string[] {
  const now = output.now();
  const hasPushTimes = items.some((item) => item.pushedAt !== undefined);
  return output.table<Tag>(
    [
      { title: 'TAG', value: (item) => item.name, shrinkTo: 16 },
      {
        title: 'DIGEST',
        value: (item) => item.digest && shortDigest(item.digest, output),
        optional: true,
        paint: () => output.palette.dim,
      },
      {
        title: hasPushTimes ? 'PUSHED' : 'CREATED',
        value: (item) => {
          const at = hasPushTimes ? item.pushedAt : item.createdAt;
          return at && relativeTime(at, now);
        },
        optional: true,
      },
      { title: 'SIZE', value: (item) => (item.size === undefined ? undefined : formatSize(item.size)), align: 'right', optional: true },
      { title: 'PLATFORMS', value: (item) => describeContent(item), optional: true, shrinkTo: 12 },
    ],
    items,
  );
}

/** Platforms of an image, `linux/` going without saying; what else it is, for other artifacts. */
function describeContent(item: Tag): string | undefined {
  if (item.kind === 'helm-chart') return item.artifactTitle ?? 'Helm chart';
  if (item.kind === 'artifact') return item.artifactTitle ?? item.artifactType;
  return item.platforms?.map((platform) => platform.replace(/^linux\//, '')).join(' ');
}

/** On a terminal as much of a digest as tells two apart; whole in a pipe, where somebody may want to use it. */
export function shortDigest(digest: string, output: Output): string {
  return output.isTerminal ? digest.replace(/^([^:]+:[0-9a-f]{12})[0-9a-f]+$/, '$1…') : digest;
}
