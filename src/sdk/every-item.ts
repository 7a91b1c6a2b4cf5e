/** All items of a paged list, page by page: `everyItem((cursor) => hub.listTags('prod', 'shop/api', { cursor }))`. */
export async function* everyItem<T>(
  readPage: (cursor: string | undefined) => Promise<{ items: T[]; next?: string }>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}
