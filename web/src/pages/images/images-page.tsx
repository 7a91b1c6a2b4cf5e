import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys } from '../../api/queries.ts';
import type { SearchHit } from '../../api/types.ts';
import { Toolbar } from '../../components/bits.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { IconImage, IconRegistry, IconRepository, IconTag } from '../../components/icons.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, LoadingRows, PartialNotice, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { hitPath, hitWords } from '../../lib/search-hit.ts';
import { useUrlState } from '../../lib/use-url-state.ts';
import styles from './images.module.css';

const icons: Record<SearchHit['kind'], React.ReactNode> = {
  registry: <IconRegistry />,
  repository: <IconRepository />,
  tag: <IconTag />,
  digest: <IconImage />,
};

/** “Is my image there?” One search over every registry that the caller may see. */
export default function ImagesPage() {
  const [q, setQ] = useUrlState('q');
  const text = q.trim();
  const search = useQuery({
    queryKey: [...keys.search(text), 'page'],
    queryFn: ({ signal }) => hub.search({ q: text, limit: 100 }, { signal }),
    enabled: text.length > 1,
  });
  const hits = search.data?.items ?? [];
  return (
    <Page title="Images" narrow>
      <Toolbar>
        <FilterInput
          value={q}
          onChange={setQ}
          label="Search images"
          placeholder="Repository, tag, digest or whole reference"
          delay={200}
          autoFocus
        />
        <span className="dim num" role="status">
          {text.length > 1 && search.data ? plural(hits.length, 'result') : ''}
        </span>
      </Toolbar>
      {text.length <= 1 && (
        <EmptyState title="Is my image there?">
          <p>
            Search every registry at once: part of a repository’s name (<span className="mono">shop/api</span>), a tag (
            <span className="mono">api:1.8</span>), a digest (<span className="mono">sha256:4f0c…</span>), or a whole reference pasted from
            a manifest.
          </p>
          <p>
            To look through one registry instead, open it from <Link href={paths.registries}>Registries</Link>.
          </p>
        </EmptyState>
      )}
      {text.length > 1 && search.isPending && <LoadingRows rows={8} height={46} label="Searching" />}
      {search.error !== null && <ProblemView error={search.error} onRetry={() => void search.refetch()} />}
      <PartialNotice partial={search.data?.partial} />
      {search.data && hits.length === 0 && (
        <EmptyState small title={`Nothing found for “${text}”`}>
          <p>The search knows what was listed before. If the repository is new, open its registry and read it again.</p>
        </EmptyState>
      )}
      <ul className={styles.hits} aria-label="Results">
        {hits.map((hit) => {
          const { label, place } = hitWords(hit);
          return (
            <li key={`${hit.kind} ${hit.registryId} ${label}`}>
              <Link href={hitPath(hit)} className={styles.hit}>
                <span className="dim" style={{ display: 'grid' }}>
                  {icons[hit.kind]}
                </span>
                <span className="mono truncate">{label}</span>
                <span className="dim truncate">{place}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Page>
  );
}
