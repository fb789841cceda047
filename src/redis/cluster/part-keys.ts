import type { SlotRange } from './slot.ts';
import { holds, slotOf } from './slot.ts';

/** The slots are divided into so many parts, each with a key of its own, so that a primary serves at least one. */
const PARTS = 64;
const SLOTS_EACH = 16_384 / PARTS;

/** One key in each part of the slots. */
export class PartKeys {
  /** In the order of the parts. The hash tag of each key is the smallest number that lies in its part. */
  readonly all: readonly string[];

  /** @param stem what every key begins with. */
  constructor(stem: string) {
    this.all = findKeys(stem);
  }

  /** The key of the part that a slot belongs to. */
  of(slot: number): string {
    return this.all[Math.floor(slot / SLOTS_EACH)] ?? '';
  }

  /**
   * The part keys that vouch for these keys at the primary that serves these slots. They are those of the parts that the
   * keys belong to, since a slot may have come to the primary without its data, for example when the slots of a lost
   * primary were assigned again. Where another primary serves a part key, one that this primary serves takes its place.
   */
  vouchingFor(keys: readonly string[], slots: readonly SlotRange[]): readonly string[] {
    const found = keys.map((key) => {
      const partKey = this.of(slotOf(key));
      return holds(slots, slotOf(partKey)) ? partKey : this.servedIn(slots);
    });
    return [...new Set(found)];
  }

  /** A part key that lies in these slots. Where the slots are too few to have one, that of the part of the first slot. */
  private servedIn(slots: readonly SlotRange[]): string {
    return this.all.find((key) => holds(slots, slotOf(key))) ?? this.of(slots[0]?.[0] ?? 0);
  }
}

function findKeys(stem: string): readonly string[] {
  const keys: string[] = Array.from({ length: PARTS });
  for (let number = 0, left = PARTS; left > 0; number++) {
    const key = `${stem}:{${number}}`;
    const part = Math.floor(slotOf(key) / SLOTS_EACH);
    if (keys[part] !== undefined) continue;
    keys[part] = key;
    left -= 1;
  }
  return keys;
}
