import type { CopyInput } from '../../sdk/index.ts';
import { isDigest } from '../../oci/index.ts';
import type { Cli } from '../cli.ts';
import { Failed, UsageError } from '../errors.ts';
import { type Hub, openHub } from '../hub-client.ts';
import { copyDetails, copyHeadline } from '../output/copy-result.ts';
import { printable } from '../output/text.ts';
import { contentAtHub, type HubTarget } from '../targets.ts';
import { followCopies } from './copies-follow.ts';
import type { CopyCommandOptions } from './copy-run.ts';

type Settings = NonNullable<CopyInput['settings']>;

/** Has the hub make the copies, and shows them until they end, unless told to leave. */
export async function copyOnHub(
  cli: Cli,
  sourceText: string,
  destinationTexts: readonly string[],
  options: CopyCommandOptions,
): Promise<void> {
  refuseOwnMeans([sourceText, ...destinationTexts], options);
  const hub = await openHub(cli, options);
  const input = await inputOf(hub, sourceText, destinationTexts, options);
  const output = cli.output(options);
  if (options.dryRun) return showPlans(cli, hub, input, options);
  const { items } = await hub.startCopies(input);
  if (!options.detach) return followCopies(cli, hub, items, options, { cancelOnInterrupt: true });
  output.result({
    json: () => ({ items }),
    quiet: () => items.map(({ id }) => id),
    human: () => [
      ...items.map(({ id, destination }) => `${id}  to ${printable(`${destination.registry}/${destination.repository}`)}`),
      output.palette.dim(`Follow ${items.length === 1 ? 'it' : 'one'} with \`tagboat copies follow <copy>\`.`),
    ],
  });
}

/** The hub has connections and credentials of its own, and no way to this machine's disk. */
function refuseOwnMeans(texts: readonly string[], options: CopyCommandOptions): void {
  const disk = texts.find((text) => /^(?:oci|oci-archive|docker-archive|archive):/.test(text));
  if (disk !== undefined) throw new UsageError(`${printable(disk)} is on this machine, which the hub cannot reach.`, 'Leave out --on-hub.');
  const flag = Object.keys(options).find((name) => /^(src|dest)[A-Z]/.test(name));
  if (flag !== undefined || options.hub === false) {
    const name = flag === undefined ? '--no-hub' : `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(`${name} and --on-hub exclude each other.`, 'Leave one of them out: the hub signs in as it is set up.');
  }
  if (options.allTags)
    throw new UsageError(
      'The hub copies many tags by a rule, and not with --all-tags.',
      'See `tagboat sync --help`, or leave out --on-hub.',
    );
}

async function inputOf(hub: Hub, sourceText: string, destinationTexts: readonly string[], options: CopyCommandOptions): Promise<CopyInput> {
  const from = await contentAtHub(hub, sourceText);
  const reference = from.digest ?? from.tag ?? 'latest';
  const destinations = new Map<string, { registry: string; repository: string; tags: string[] }>();
  for (const text of destinationTexts) {
    const to = await contentAtHub(hub, text);
    if (to.digest !== undefined)
      throw new UsageError(
        'A destination is named by a tag: its digest follows from what is copied.',
        `Leave out @… of ${printable(text)}.`,
      );
    const key = `${to.registry.id} ${to.repository}`;
    const known = destinations.get(key) ?? { registry: to.registry.id, repository: to.repository, tags: [] };
    destinations.set(key, known);
    const tag = tagFor(to, reference);
    if (tag !== undefined && !known.tags.includes(tag)) known.tags.push(tag);
  }
  return {
    source: { registry: from.registry.id, repository: from.repository, reference },
    destinations: [...destinations.values()],
    settings: settingsOf(options),
  };
}

function tagFor({ tag }: HubTarget, reference: string): string | undefined {
  return tag ?? (isDigest(reference) ? undefined : reference);
}

function settingsOf({ platform, referrers, digestTags, foreignLayers, verify, bandwidth }: CopyCommandOptions): Settings {
  return {
    ...(platform.length > 0 && { platforms: platform }),
    ...(referrers && { referrers }),
    ...(digestTags && { digestTags }),
    ...(foreignLayers && { foreignLayers }),
    ...(verify === 'always' && { verify }),
    ...(bandwidth !== undefined && { bandwidth }),
  };
}

async function showPlans(cli: Cli, hub: Hub, input: CopyInput, options: CopyCommandOptions): Promise<void> {
  const output = cli.output(options);
  const { items } = await hub.planCopies(input);
  output.result({
    json: () => ({ dryRun: true, items }),
    quiet: () => items.flatMap(({ result }) => result?.digest ?? []),
    human: () =>
      items.flatMap(({ destination, result, failure, quota }) => {
        const place = printable(`${destination.registry}/${destination.repository}`);
        if (!result) return [output.palette.bad(printable(`${place}: ${failure?.message ?? 'It could not be found out.'}`))];
        const cost = quota ? ` · takes ${quota.cost} of the source's ${quota.remaining} requests that are left` : '';
        return [
          `${copyHeadline(result, place, destination.tags, true)}${output.palette.dim(`${copyDetails(result, undefined)}${cost}`)}`,
          `${output.palette.dim('Digest:')} ${result.digest}`,
        ];
      }),
  });
  if (items.some(({ failure }) => failure)) throw new Failed();
}
