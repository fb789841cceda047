import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countFields } from './count-fields.ts';
import { accessDefinition, loadPackage } from './definition.ts';

const { AuthorizeMany } = accessDefinition(loadPackage());
/** The bytes that frame questions are more frequent than others, so that many messages are valid. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(0x0a, 0x00, 0x02, 0x08, 0x12, 0x80, 0x8a), fc.integer({ min: 0, max: 255 })))
  .map((list) => Buffer.from(list));

describe('countFields()', () => {
  it.each([
    ['nothing', [], 0],
    ['two empty messages', [0x0a, 0, 0x0a, 0], 2],
    ['a message that holds its own tag', [0x0a, 2, 0x0a, 0], 1],
    ['fields of other numbers and types', [0x10, 0xff, 0x01, 0x19, ...Array(8).fill(1), 0x25, 1, 1, 1, 1, 0x0a, 0], 1],
    ['the field in another type', [0x08, 1], 1],
    ['a length past the end', [0x0a, 1], undefined],
    ['no length', [0x0a], undefined],
    ['a tag in a longer form', [0x8a, 0x00, 0x00], undefined],
    ['a length in a longer form', [0x0a, 0x80, 0x00], undefined],
    ['a group', [0x13, 0x14], undefined],
    ['a varint of eleven bytes', [0x10, ...Array(10).fill(0x80), 0x00], undefined],
  ])('counts in %s', (_what, list, count) => {
    expect(countFields(Uint8Array.from(list), 1)).toBe(count);
  });

  it('never counts fewer than the decoder finds', () => {
    const check = (message: Buffer): void => {
      const count = countFields(message, 1);
      if (count === undefined) return;
      const found = decoded(message);
      if (found !== undefined) expect(count).toBeGreaterThanOrEqual(found);
    };
    fc.assert(fc.property(bytes, check), { numRuns: 2_000 });
  });
});

/** How many questions the decoder finds; `undefined` if it refuses the message. */
function decoded(message: Buffer): number | undefined {
  try {
    const { questions = [] } = AuthorizeMany.requestDeserialize(message) as { questions?: readonly unknown[] };
    return questions.length;
  } catch {
    return undefined;
  }
}
