import { lazy, Suspense } from 'react';
import { parseImagePlace } from '../../lib/paths.ts';

const TagsPage = lazy(() => import('../repository/tags-page.tsx'));
const ImagePage = lazy(() => import('./image-page.tsx'));

/** `/images/<registry>/<repository>` is the repository's tags; with `:tag` or `@digest` one image. */
export default function PlacePage({ registry, rest }: { registry: string; rest: string }) {
  const place = parseImagePlace(rest);
  const reference = place.digest ?? place.tag;
  return (
    <Suspense fallback={null}>
      {reference === undefined ? (
        <TagsPage key={`${registry}/${place.repository}`} registry={registry} repository={place.repository} />
      ) : (
        <ImagePage key={`${registry}/${place.repository}`} registry={registry} repository={place.repository} reference={reference} />
      )}
    </Suspense>
  );
}
