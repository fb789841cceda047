import { expect, it } from 'vitest';
import { createComparer } from '../../../../test/support/checks/compare-readers.ts';
import { mutated, randomCheck, randomFrom } from '../../../../test/support/checks/random-checks.ts';

/** The long run sets another number, and another seed for other messages. */
const MESSAGES = Number(process.env['FUZZED_CHECKS'] ?? 4_000);
/** So many messages are made of one. */
const MUTANTS = 6;
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

it(`reads ${MESSAGES} random and broken messages as the proto loader does, or refuses them for a reason`, () => {
  const random = randomFrom(SEED);
  const compare = createComparer(random);
  const found: Record<string, number> = {};
  let whole = randomCheck(random);
  for (let index = 0; index < MESSAGES; index++) {
    if (index % MUTANTS === 0) whole = randomCheck(random);
    const message = index % MUTANTS === 0 ? whole : mutated(random, whole);
    try {
      const comparison = compare(message);
      found[comparison] = (found[comparison] ?? 0) + 1;
    } catch (error) {
      throw new Error(`message ${index} of seed ${SEED}: ${message.toString('base64')}`, { cause: error });
    }
  }
  if (MESSAGES > 100_000) process.stdout.write(`${JSON.stringify({ seed: SEED, ...found })}\n`);
  expect(Object.keys(found).toSorted()).toEqual([
    'framing',
    'group',
    'other type',
    'read',
    'repeated field',
    'repeated key',
    'unreadable metadata',
    'value before key',
  ]);
}, 3_600_000);
