import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys, useMay } from '../../api/queries.ts';
import type { Copy } from '../../api/types.ts';
import { Ago } from '../../components/ago.tsx';
import { Chip, Panel, row, Sheet } from '../../components/bits.tsx';
import { BusyButton } from '../../components/busy-button.tsx';
import { DigestText } from '../../components/copy.tsx';
import { Page } from '../../components/page.tsx';
import { LoadingRows, Notice, ProblemView } from '../../components/states.tsx';
import { copySettingsWords } from '../../lib/copy-settings-words.ts';
import { blobWords, canRetry, causeWords, copyState, destinationName, isOpen, sourceName, tookTime } from '../../lib/copy-words.ts';
import { formatBytes, formatCount, formatDuration } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { CopyFailureView } from './copy-failure.tsx';
import { CopyProgressView } from './copy-progress.tsx';
import styles from './distribution.module.css';
import { useCopyActions, useFollowedCopy } from './use-copies.ts';

/** Everything about one copy, live while it is on its way. */
export default function CopyPage({ id }: { id: string }) {
  const copy = useFollowedCopy(id);
  const shown = copy.data;
  return (
    <Page
      title={shown === undefined ? 'Copy' : `Copy of ${sourceName(shown.source)}`}
      crumbs={[{ label: 'Distribution', href: paths.distribution }]}
      {...(shown && {
        heading: (
          <>
            Copy of <span className="mono">{sourceName(shown.source)}</span>
          </>
        ),
      })}
      actions={shown && <Actions copy={shown} />}
    >
      {copy.isPending && <LoadingRows rows={6} height={48} label="Loading the copy" />}
      {copy.error !== null && <ProblemView error={copy.error} onRetry={() => void copy.refetch()} />}
      {shown && <Content copy={shown} />}
    </Page>
  );
}

function Actions({ copy }: { copy: Copy }) {
  const may = useMay();
  const [, navigate] = useLocation();
  const { cancel, retry } = useCopyActions((made) => navigate(paths.copy(made.id)));
  if (!may('copy:write')) return null;
  return (
    <>
      {isOpen(copy) && (
        <BusyButton variant="default" busy={cancel.isPending || copy.canceling} onClick={() => cancel.mutate(copy.id)}>
          Cancel
        </BusyButton>
      )}
      {canRetry(copy) && (
        <BusyButton busy={retry.isPending} onClick={() => retry.mutate(copy.id)}>
          Try again
        </BusyButton>
      )}
    </>
  );
}

function Content({ copy }: { copy: Copy }) {
  const state = copyState(copy);
  return (
    <>
      <div className={styles.facts}>
        <span role="status">
          <Chip kind={state.kind}>{state.text}</Chip>
        </span>
        <span>{causeWords(copy)}</span>
        <Ago time={copy.createdAt} />
      </div>
      <div className={styles.columns}>
        <div className={styles.stack}>
          {copy.failure && copy.state !== 'done' && <CopyFailureView copy={copy} failure={copy.failure} alert={copy.state === 'failed'} />}
          {(isOpen(copy) || copy.state === 'canceled') && (
            <Panel title="Progress">
              <div className={styles.liveProgress}>
                <CopyProgressView copy={copy} />
              </div>
              <div style={{ marginTop: 12 }}>
                <CopyProgressView copy={{ ...copy, failure: undefined }} detail />
              </div>
            </Panel>
          )}
          {copy.result && <Outcome copy={copy} />}
          {copy.state === 'canceled' && (
            <p className="dim" style={{ margin: 0 }}>
              No tag was changed. “Try again” goes on with what has arrived already.
            </p>
          )}
          <GroupPanel copy={copy} />
        </div>
        <Details copy={copy} />
      </div>
    </>
  );
}

function Outcome({ copy }: { copy: Copy }) {
  const { result, destination } = copy;
  if (!result) return null;
  const took = tookTime(copy, 0);
  const notes = copy.progress?.notes ?? [];
  return (
    <Panel title="Outcome">
      {notes.map((note) => (
        <Notice key={note}>{note}</Notice>
      ))}
      <Sheet
        rows={[
          row(
            'Digest',
            <span style={{ display: 'inline-flex', gap: 10, flexWrap: 'wrap', alignItems: 'center' }}>
              <DigestText digest={result.digest} />
              {destination.registryId !== undefined && (
                <Link href={paths.image(destination.registry, { repository: destination.repository, digest: result.digest })}>
                  Open the image
                </Link>
              )}
            </span>,
          ),
          row('Byte for byte', result.rebuilt ? 'Each platform is; their index is its own, as only some were copied' : 'Yes'),
          row('Moved', formatBytes(result.bytes.moved)),
          row('Saved', `${formatBytes(result.bytes.saved)} were there already`),
          row('Took', took === undefined ? undefined : formatDuration(took)),
          row('Blobs', blobWords(result)),
          row('Manifests', `${formatCount(result.manifests.pushed)} written, ${formatCount(result.manifests.present)} there already`),
          row('Referrers', result.referrers === 0 ? undefined : formatCount(result.referrers)),
          row(
            'Requests',
            `${formatCount(result.requests.source)} to the source, ${formatCount(result.requests.destination)} to the destination`,
          ),
        ]}
      />
    </Panel>
  );
}

function Details({ copy }: { copy: Copy }) {
  const { source, destination, settings } = copy;
  const byDigest = source.reference.includes(':');
  const from = (
    <span className="mono">
      {source.registry}/{sourceName(source)}
    </span>
  );
  return (
    <Panel title="Details">
      <Sheet
        rows={[
          row(
            'From',
            source.registryId === undefined ? (
              <>
                {from} <span className="dim">(registry removed since)</span>
              </>
            ) : (
              <Link
                href={paths.image(source.registry, {
                  repository: source.repository,
                  ...(byDigest ? { digest: source.reference } : { tag: source.reference }),
                })}
              >
                {from}
              </Link>
            ),
          ),
          row(
            'To',
            destination.registryId === undefined ? (
              <>
                <span className="mono">
                  {destination.registry}/{destinationName(destination)}
                </span>{' '}
                <span className="dim">(registry removed since)</span>
              </>
            ) : (
              <Link href={paths.repository(destination.registry, destination.repository)}>
                <span className="mono">
                  {destination.registry}/{destination.repository}
                </span>
              </Link>
            ),
          ),
          row('Tags', destination.tags.length === 0 ? 'none: by digest only' : <Tags copy={copy} />),
          row('Options', copySettingsWords(settings) || 'as usual: all platforms, nothing that refers to it'),
          row('By', copy.by.kind === 'token' ? `${copy.by.name} (API token)` : copy.by.name),
          row('Asked for', <Ago time={copy.createdAt} />),
          row('Began', copy.startedAt === undefined ? undefined : <Ago time={copy.startedAt} />),
          row('Ended', copy.finishedAt === undefined ? undefined : <Ago time={copy.finishedAt} />),
          row('Attempts', copy.attempts > 1 ? formatCount(copy.attempts) : undefined),
          row('Tries again', copy.retryOf === undefined ? undefined : <Link href={paths.copy(copy.retryOf)}>an earlier copy</Link>),
        ]}
      />
    </Panel>
  );
}

function Tags({ copy: { destination, state } }: { copy: Copy }) {
  return (
    <span style={{ display: 'flex', flexWrap: 'wrap', gap: '2px 10px' }}>
      {destination.tags.map((tag) =>
        state === 'done' && destination.registryId !== undefined ? (
          <Link key={tag} href={paths.image(destination.registry, { repository: destination.repository, tag })}>
            <span className="mono">{tag}</span>
          </Link>
        ) : (
          <span key={tag} className="mono">
            {tag}
          </span>
        ),
      )}
    </span>
  );
}

/** What else was asked for in the same breath. */
function GroupPanel({ copy }: { copy: Copy }) {
  const group = useQuery({
    queryKey: [...keys.copies, 'group', copy.group],
    queryFn: ({ signal }) => hub.listCopies({ group: copy.group, limit: 100 }, { signal }),
  });
  const others = (group.data?.items ?? []).filter((each) => each.id !== copy.id);
  if (others.length === 0) return null;
  return (
    <Panel title="Asked for together">
      <ul className={styles.group}>
        {others.map((each) => {
          const state = copyState(each);
          return (
            <li key={each.id}>
              <Chip kind={state.kind}>{state.text}</Chip>
              <Link href={paths.copy(each.id)}>
                {each.destination.registry} <span className="mono">{destinationName(each.destination)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
