import slotOf from 'cluster-key-slot';

/** The first and the last of neighbouring slots. */
export type SlotRange = readonly [first: number, last: number];

/** The slot of a key, which follows from the text between its first braces (its hash tag) or, without one, from the key. */
export { slotOf };

/** A random hash tag that lies in one of the slots; `undefined` if there are no slots. */
export function tagIn(ranges: readonly SlotRange[], random: () => number = Math.random): string | undefined {
  const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (count === 0) return undefined;
  const start = Math.floor(random() * 1e9);
  for (let number = start; ; number++) {
    const tag = number.toString(36);
    if (holds(ranges, slotOf(tag))) return tag;
  }
}

/** Whether the ranges contain a slot. */
export function holds(ranges: readonly SlotRange[], slot: number): boolean {
  return ranges.some(([first, last]) => first <= slot && slot <= last);
}
