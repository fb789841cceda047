import slotOf from 'cluster-key-slot';

/** The first and the last of neighbouring slots. */
export type SlotRange = readonly [first: number, last: number];

/** In which slot a key lies: by what stands between its first braces, where that is not empty, or by all of it. */
export { slotOf };

/** A hash tag that lies in one of the slots; `undefined` where there are none. Another one each time, as far as there is. */
export function tagIn(ranges: readonly SlotRange[], random: () => number = Math.random): string | undefined {
  const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (count === 0) return undefined;
  const start = Math.floor(random() * 1e9);
  for (let number = start; ; number++) {
    const tag = number.toString(36);
    if (holds(ranges, slotOf(tag))) return tag;
  }
}

/** Whether a slot is among them. */
export function holds(ranges: readonly SlotRange[], slot: number): boolean {
  return ranges.some(([first, last]) => first <= slot && slot <= last);
}
