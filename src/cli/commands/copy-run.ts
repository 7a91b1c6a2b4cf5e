import {
  BlobKnowledge,
  copy,
  type CopyEvent,
  type CopyOptions,
  type CopyResult,
  isDigest,
  parsePlatform,
  type ReadTarget,
  type WriteTarget,
} from '../../oci/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { CopyProgress } from '../output/copy-progress.ts';
import { copyDetails, copyHeadline } from '../output/copy-result.ts';
import { tellInterrupted } from '../output/interrupted.ts';
import { printable } from '../output/text.ts';
import { type Endpoint, type EndpointOptions, openDestination, openSource } from '../standalone/endpoint.ts';
import { IndexFolder } from '../standalone/index-folder.ts';
import { keepingUploads, UploadFolder } from '../standalone/upload-folder.ts';
import { TransferMemory } from '../transfer-memory.ts';

export interface CopyCommandOptions extends EndpointOptions {
  platform: string[];
  referrers?: boolean;
  digestTags?: boolean;
  foreignLayers?: boolean;
  verify: 'destination' | 'always';
  parallel: number;
  bandwidth?: number;
  dryRun?: boolean;
  allTags?: boolean;
  tags?: string;
  onHub?: boolean;
  detach?: boolean;
}

/** Copies to each destination in turn; what the first learnt of blobs helps the next. */
export async function runCopy(
  cli: Cli,
  sourceText: string,
  destinationTexts: readonly string[],
  options: CopyCommandOptions,
): Promise<void> {
  checkOptions(options);
  if (options.onHub) {
    const { copyOnHub } = await import('./copy-on-hub.ts');
    return copyOnHub(cli, sourceText, destinationTexts, options);
  }
  const output = cli.output(options);
  await using memory = new TransferMemory();
  const common = {
    ...copyOptions(options),
    onEvent: (event: CopyEvent) => memory.take(event),
    knowledge: new BlobKnowledge({ transfers: Math.max(8, options.parallel), indexes: new IndexFolder(cli.io.env) }),
    signal: cli.signal,
  };
  const uploads = options.dryRun ? undefined : new UploadFolder(cli.io.env);
  await using ends = new AsyncDisposableStack();
  if (uploads) ends.defer(() => tellInterrupted(cli, output));
  const source = ends.adopt(await openSource(cli, sourceText, options), (end) => end.close());
  const open = async (text: string) => ends.adopt(await openDestination(cli, text, options), (end) => end.close());
  if (options.allTags) {
    const { copyAllTags } = await import('./copy-tags-run.ts');
    await copyAllTags(cli, source, await Promise.all(destinationTexts.map(open)), options, common, uploads);
    return;
  }
  const groups = await groupByPlace(source, destinationTexts, open);
  for (const { end, tags } of groups) {
    const progress = new CopyProgress(cli, output, { live: !options.dryRun && !output.json && !output.quiet });
    const started = performance.now();
    try {
      const result = await keepingUploads(uploads, end.target, ({ note, ...kept }) =>
        copy(source.target, source.reference ?? 'latest', end.target, tags, {
          ...common,
          ...kept,
          onEvent: (event) => {
            common.onEvent(event);
            note(event);
            progress.take(event);
            if (output.json && !options.dryRun && event.kind !== 'bytes') output.jsonLine({ event: event.kind, ...eventFacts(event) });
          },
        }),
      );
      if (!options.dryRun) await end.finish?.();
      progress.end();
      show(output, end, tags, result, { dryRun: options.dryRun === true, seconds: (performance.now() - started) / 1000 });
    } finally {
      progress.end();
    }
  }
}

function checkOptions(options: CopyCommandOptions): void {
  if (options.srcPasswordStdin && options.destPasswordStdin)
    throw new UsageError(
      'Standard input holds one password only.',
      'Sign in to one side with `docker login`, or another credential helper.',
    );
  if (options.detach && !options.onHub) throw new UsageError('--detach leaves a copy to the hub.', 'Add --on-hub, or leave out --detach.');
  if (options.tags !== undefined && !options.allTags)
    throw new UsageError('--tags narrows --all-tags.', 'Add --all-tags, or name the tag behind the repository.');
}

function copyOptions(options: CopyCommandOptions): CopyOptions {
  return {
    platforms: options.platform.map(parsePlatform),
    plan: options.dryRun === true,
    referrers: options.referrers === true,
    digestTags: options.digestTags === true,
    foreignLayers: options.foreignLayers === true,
    verify: options.verify,
    parallel: options.parallel,
    ...(options.bandwidth !== undefined && { bandwidth: options.bandwidth }),
  };
}

/** Destinations in one repository are one copy with several tags. */
async function groupByPlace(
  source: Endpoint<ReadTarget>,
  texts: readonly string[],
  open: (text: string) => Promise<Endpoint<WriteTarget>>,
): Promise<{ end: Endpoint<WriteTarget>; tags: string[] }[]> {
  const groups = new Map<string, { end: Endpoint<WriteTarget>; tags: string[] }>();
  for (const text of texts) {
    const end = await open(text);
    if (end.reference !== undefined && isDigest(end.reference)) {
      throw new UsageError(
        'A destination is named by a tag: its digest follows from what is copied.',
        `Leave out @… of ${printable(text)}.`,
      );
    }
    const key = `${end.target.place.registry} ${end.target.place.repository}`;
    const group = groups.get(key) ?? { end, tags: [] };
    const inherited = source.reference === undefined ? 'latest' : isDigest(source.reference) ? undefined : source.reference;
    const tag = end.reference ?? inherited;
    if (tag === undefined && end.target.place.repository === '')
      throw new UsageError('What comes by digest has no tag to keep.', `Name one: ${printable(text)}:<tag>.`);
    if (tag !== undefined && !group.tags.includes(tag)) group.tags.push(tag);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function show(
  output: Output,
  { target }: Endpoint,
  tags: readonly string[],
  result: CopyResult,
  { dryRun, seconds }: { dryRun: boolean; seconds: number },
): void {
  const place = printable(target.label);
  if (output.json && !dryRun) {
    // The last of the lines that told how it went.
    output.jsonLine({ event: 'result', destination: target.label, tags, ...result, seconds });
    return;
  }
  output.result({
    json: () => ({ dryRun: true, destination: target.label, tags, ...result }),
    quiet: () => [result.digest],
    human: () => [
      `${copyHeadline(result, place, tags, dryRun)}${output.palette.dim(copyDetails(result, dryRun ? undefined : seconds))}`,
      `${output.palette.dim('Digest:')} ${result.digest}`,
    ],
  });
}

function eventFacts({ kind: _kind, ...facts }: CopyEvent): object {
  return facts;
}
