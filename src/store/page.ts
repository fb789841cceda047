/** Of a list that was read one further than a page goes: the page, and the id after which the next one begins, if any. */
export function cutPage<Item extends { readonly id: string }>(
  found: readonly Item[],
  limit: number,
): { readonly shown: readonly Item[]; readonly next: string | undefined } {
  const shown = found.slice(0, limit);
  return { shown, next: found.length > limit ? shown.at(-1)?.id : undefined };
}
