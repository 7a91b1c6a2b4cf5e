import { Checkbox, SegmentedControl } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import type { DeletionReport, Image } from '../../api/types.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { LoadingRows, Notice, ProblemView } from '../../components/states.tsx';
import { goingWords, remainsWords, usageWords, uses, usesOf } from '../../lib/deletion-words.ts';
import { shortDigest } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';

/** Deletes a tag, or an image with all of its tags: says first what goes, what stays, and what stands against it. */
export function DeleteDialog({ image, onClose }: { image: Image; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [what, setWhat] = useState<'tag' | 'image'>(image.tag === undefined ? 'image' : 'tag');
  const [force, setForce] = useState(false);
  const { registryId, registry, repository, digest, tag } = image;
  const reference = what === 'tag' && tag !== undefined ? tag : digest;
  const plan = useQuery({
    queryKey: ['deletion', registryId, repository, reference],
    queryFn: ({ signal }) => hub.deleteImages(registryId, repository, { references: [reference], dryRun: true }, { signal }),
    staleTime: 0,
    gcTime: 0,
  });
  const remove = useMutation({
    mutationFn: () =>
      hub.deleteImages(registryId, repository, {
        references: named(reference, plan.data),
        digests: seenIn(plan.data),
        ...(force && { force }),
      }),
    onSuccess: (report) => {
      // What became of it is said in place; only what went well leads away.
      if (failureIn(report) !== undefined) return;
      void client.invalidateQueries({ queryKey: ['tags', registry, repository] });
      client.removeQueries({ queryKey: ['image', registry, repository] });
      notifications.show({ message: `${what === 'tag' ? `The tag ${tag}` : shortDigest(digest)} was deleted.` });
      navigate(paths.repository(registry, repository));
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409) void plan.refetch();
    },
  });
  const used = plan.data !== undefined && usesOf(plan.data).length > 0;
  const gone = plan.data?.items.length === 0;
  const failure = remove.data && failureIn(remove.data);
  const name = what === 'tag' && tag !== undefined ? tag : shortDigest(digest);
  return (
    <ConfirmDialog
      key={what}
      title={`Delete ${repository}${what === 'tag' ? `:${tag}` : `@${shortDigest(digest)}`}`}
      action={what === 'tag' ? 'Delete the tag' : 'Delete the image'}
      {...(used && force ? { confirmName: name } : {})}
      busy={remove.isPending}
      error={remove.error}
      disabled={plan.isPending || plan.error !== null || gone || (used && !force)}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {tag !== undefined && (
        <SegmentedControl
          aria-label="What to delete"
          size="xs"
          value={what}
          onChange={(next) => {
            setWhat(next);
            setForce(false);
          }}
          data={[
            { value: 'tag', label: 'This tag' },
            { value: 'image', label: 'The image with all its tags' },
          ]}
        />
      )}
      {plan.isPending && <LoadingRows rows={3} height={28} label="Loading what would be deleted" />}
      {plan.error !== null && <ProblemView error={plan.error} onRetry={() => void plan.refetch()} />}
      {plan.data && <Plan report={plan.data} registry={registry} />}
      {used && (
        <Checkbox
          label="Delete it all the same"
          description="What needs it will find it missing."
          checked={force}
          onChange={(event) => setForce(event.currentTarget.checked)}
        />
      )}
      {failure !== undefined && (
        <Notice kind="bad" role="alert">
          {failure}
        </Notice>
      )}
    </ConfirmDialog>
  );
}

/** Most references that one request may name. */
const mostNamed = 100;

/** What was shown is what goes: a tag that was pushed to since is left alone. */
function seenIn(plan: DeletionReport | undefined): Record<string, string> {
  return Object.fromEntries(
    (plan?.items ?? []).flatMap(({ references, tags, digest }) => [...references, ...tags].map((one) => [one, digest])),
  );
}

/** With an image go its tags, which are on screen: named as well, they do not stand against it. */
function named(reference: string, plan: DeletionReport | undefined): string[] {
  const tags = plan?.items.flatMap((item) => (item.manifest && item.references.includes(item.digest) ? item.tags : [])) ?? [];
  return [...new Set([reference, ...tags])].slice(0, mostNamed);
}

function failureIn(report: DeletionReport): string | undefined {
  const item = report.items.find((each) => each.outcome === 'failed' || each.outcome === 'moved');
  if (item === undefined) return undefined;
  return item.outcome === 'moved'
    ? 'The tag points to another image meanwhile, and was left alone.'
    : [item.failure?.message, item.failure?.help].filter((each) => each !== undefined).join(' ');
}

function Plan({ report, registry }: { report: DeletionReport; registry: string }) {
  if (report.items.length === 0) return <Notice>It is not there any more.</Notice>;
  return (
    <>
      {report.partial !== undefined && <Notice kind="warning">Not every tag could be looked at: {report.partial}</Notice>}
      {report.items.map((item) => (
        <div key={item.digest} style={{ display: 'grid', gap: 8 }}>
          <p style={{ margin: 0 }}>
            {goingWords(item)} {item.manifest && `There is no way back, unless ${registry} keeps a bin of its own.`}
          </p>
          {remainsWords(item).map((sentence) => (
            <p key={sentence} className="dim" style={{ margin: 0 }}>
              {sentence}
            </p>
          ))}
          {uses(item).length > 0 ? (
            <Notice kind="warning">
              It is in use:
              <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
                {uses(item).map((use) => (
                  <li key={`${use.kind}/${use.id}`}>{usageWords(use)}</li>
                ))}
              </ul>
            </Notice>
          ) : (
            <p className="dim" style={{ margin: 0 }}>
              Nothing that Tagboat knows of needs it. What clusters run it does not see yet.
            </p>
          )}
        </div>
      ))}
    </>
  );
}
