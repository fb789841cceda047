/**
 * The options of an `LRUCache` of `lru-cache` that holds at most `max` entries and begins small. With `max` alone it
 * allocates room for all of them at once, which takes longer than the rest of a start.
 */
export function growingTo(max: number): { readonly maxSize: number; readonly sizeCalculation: () => number } {
  return { maxSize: max, sizeCalculation: one };
}

function one(): number {
  return 1;
}
