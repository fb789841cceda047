/** A position in a list: right after the item with this creation time and id, which may have been removed since. */
export interface ListPosition {
  readonly createdAtSeconds: number;
  readonly id: string;
}

/** Splits a list that was read with one item too many into the page and, if there is more, the position after it. */
export function cutPage<Item extends ListPosition>(
  found: readonly Item[],
  limit: number,
): { readonly shown: readonly Item[]; readonly next: ListPosition | undefined } {
  const shown = found.slice(0, limit);
  return { shown, next: found.length > limit ? positionOf(shown.at(-1)) : undefined };
}

/** The position right after an item. */
export function positionOf(item: ListPosition | undefined): ListPosition | undefined {
  return item && { createdAtSeconds: item.createdAtSeconds, id: item.id };
}

/** Whether one item was created before the other; within a second, their ids decide. */
export function isBefore(one: ListPosition, other: ListPosition): boolean {
  if (one.createdAtSeconds !== other.createdAtSeconds) return one.createdAtSeconds < other.createdAtSeconds;
  return one.id < other.id;
}

/** Splits a list into parts of at most `size` items, in order. */
export function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
