import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { SlotRange } from './slot.ts';
import { holds, slotOf } from './slot.ts';

/** How many parts the slots have, each with an epoch record of its own, so that a primary holds at least one. */
const PARTS = 64;
const SLOTS_EACH = 16_384 / PARTS;

let found: readonly string[] | undefined;

/** The epoch record of each part of the slots, in their order: its hash tag is the smallest number that lies there. */
export function partKeys(): readonly string[] {
  return (found ??= findKeys());
}

/** The epoch record of the part that a slot belongs to. */
export function partKeyOf(slot: number): string {
  return partKeys()[Math.floor(slot / SLOTS_EACH)] ?? '';
}

/**
 * The epoch records that vouch for keys at the primary that serves these slots: those of the parts that the keys belong
 * to, since a slot may have come to it without what lay there, as where a lost primary's slots were given away. Where
 * that of a part lies elsewhere, another one of the primary stands for it.
 */
export function partKeysFor(keys: readonly string[], slots: readonly SlotRange[]): readonly string[] {
  const records = keys.map((key) => {
    const record = partKeyOf(slotOf(key));
    return holds(slots, slotOf(record)) ? record : epochKeyIn(slots);
  });
  return [...new Set(records)];
}

/** An epoch record that lies in these slots; where they are too few to hold one, that of a part they belong to. */
function epochKeyIn(slots: readonly SlotRange[]): string {
  return partKeys().find((key) => holds(slots, slotOf(key))) ?? partKeyOf(slots[0]?.[0] ?? 0);
}

function findKeys(): readonly string[] {
  const keys: string[] = Array.from({ length: PARTS });
  for (let number = 0, left = PARTS; left > 0; number++) {
    const key = `${EPOCH_PREFIX}:{${number}}`;
    const part = Math.floor(slotOf(key) / SLOTS_EACH);
    if (keys[part] !== undefined) continue;
    keys[part] = key;
    left -= 1;
  }
  return keys;
}
