/** A place in a list: right behind what was created then with this id, which need not be there any more. */
export interface ListPosition {
  readonly createdAtSeconds: number;
  readonly id: string;
}

/** Of a list that was read one further than a page goes: the page, and the place behind it, if there is more. */
export function cutPage<Item extends ListPosition>(
  found: readonly Item[],
  limit: number,
): { readonly shown: readonly Item[]; readonly next: ListPosition | undefined } {
  const shown = found.slice(0, limit);
  return { shown, next: found.length > limit ? positionOf(shown.at(-1)) : undefined };
}

/** The place right behind an item. */
export function positionOf(item: ListPosition | undefined): ListPosition | undefined {
  return item && { createdAtSeconds: item.createdAtSeconds, id: item.id };
}

/** Whether one was created before the other: by time, and in the same second by id. */
export function isBefore(one: ListPosition, other: ListPosition): boolean {
  if (one.createdAtSeconds !== other.createdAtSeconds) return one.createdAtSeconds < other.createdAtSeconds;
  return one.id < other.id;
}

/** A list in parts of `size` at most, in its order. */
export function inBatches<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
