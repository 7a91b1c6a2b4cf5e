import { parseTagFilter } from '../../catalog/tag-filter.ts';
import { parseTagVersion } from '../../catalog/tag-version.ts';
import {
  type CopyEvent,
  type CopyOptions,
  copyTags,
  type CopyTagsOptions,
  isReferrersTag,
  type ReadTarget,
  type WriteTarget,
} from '../../oci/index.ts';
import type { Cli } from '../cli.ts';
import { describeError, Failed, UsageError } from '../errors.ts';
import { formatSize } from '../output/size.ts';
import { printable } from '../output/text.ts';
import type { Endpoint } from '../standalone/endpoint.ts';
import { keepingUploads, type UploadFolder } from '../standalone/upload-folder.ts';
import type { CopyCommandOptions } from './copy-run.ts';

/** Every tag of a repository, or those that pass the filter, to each destination. One that fails does not stop the others. */
export async function copyAllTags(
  cli: Cli,
  source: Endpoint<ReadTarget>,
  destinations: readonly Endpoint<WriteTarget>[],
  options: CopyCommandOptions,
  common: CopyOptions,
  uploads: UploadFolder | undefined,
): Promise<void> {
  const named = [source, ...destinations].find(({ reference }) => reference !== undefined);
  if (named)
    throw new UsageError('--all-tags takes every tag, and one is named.', `Leave out ${printable(named.reference ?? '')}, or --all-tags.`);
  const output = cli.output(options);
  const tags = await listed(source, options.tags, cli.signal);
  if (tags.length === 0) output.note(options.tags === undefined ? 'The repository has no tags.' : 'No tag passes the filter.');
  const reports: Promise<void>[] = [];
  let failed = 0;
  for (const destination of destinations) {
    const { target } = destination;
    const onTag: CopyTagsOptions['onTag'] = (tag, outcome) => {
      if ('error' in outcome) reports.push(report(tag, outcome.error));
      else if (output.json) output.jsonLine({ event: 'tag', tag, ...outcome.result });
      else if (outcome.result.outcome === 'copied') output.note(`${printable(tag)}  ${outcome.result.digest}`);
    };
    const total = await keepingUploads(
      uploads,
      target,
      ({ note, ...kept }) => {
        const onEvent = (event: CopyEvent): void => {
          common.onEvent?.(event);
          note(event);
        };
        return copyTags(source.target, target, tags, { ...common, ...kept, onEvent, onTag });
      },
      (result) => result.failed === 0,
    );
    failed += total.failed;
    if (!options.dryRun) await destination.finish?.();
    const seen = `${total.copied} ${options.dryRun ? 'to copy' : 'copied'}, ${total.unchanged} up to date${total.failed > 0 ? `, ${total.failed} failed` : ''}`;
    if (output.json) output.jsonLine({ event: 'result', destination: target.label, ...total });
    else if (!output.quiet)
      output.line(
        `${printable(target.label)}: ${seen}  ${output.palette.dim(`${formatSize(total.bytes.moved)} sent, ${formatSize(total.bytes.saved)} saved`)}`,
      );
  }
  await Promise.all(reports);
  if (failed > 0) throw new Failed();

  async function report(tag: string, error: unknown): Promise<void> {
    const { code, message, next } = await describeError(error);
    if (output.json) output.jsonLine({ event: 'failed', tag, code, message, next });
    else cli.io.stderr.write(`${printable(`${tag}: ${message} ${next ?? ''}`)}\n`);
  }
}

/** Fallback and Cosign tags come with the digest that they are about (--referrers, --digest-tags), not as tags of their own. */
async function listed({ target }: Endpoint<ReadTarget>, filter: string | undefined, signal: AbortSignal): Promise<string[]> {
  const holds = filter === undefined ? undefined : parseTagFilter(filter);
  const tags: string[] = [];
  for await (const page of target.listTags({ signal })) {
    for (const name of page) {
      if (isReferrersTag(name)) continue;
      if (!holds || holds({ name, version: parseTagVersion(name) })) tags.push(name);
    }
  }
  return tags;
}
