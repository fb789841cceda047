import * as z from 'zod';
import type { Condition, Scalar } from '../../core/claims/condition.ts';
import { kindOf, list } from '../../lib/wording.ts';
import { distinct, EMPTY, expected } from './shape.ts';

/** The keys of a written condition. */
const CONDITION_KEYS = ['equals', 'oneOf', 'prefix', 'contains', 'present'] as const;

const VALUE = 'a string, a number, true or false';
const FORMS = `${VALUE}, a list of such values, or a map with ${list(CONDITION_KEYS)}`;

const string = z.string({ error: expected('a string') }).min(1, { error: EMPTY });
const number = z.number({ error: expected('a number') }).refine(isExact, {
  error: 'a number this large is not exact: put it in quotes if the claim is a string',
});
const boolean = z.boolean({ error: expected('true or false') });
/** A value that a claim may be. */
const scalar = z.union([string, number, boolean], { error: expected(VALUE) });
const scalars = distinct(scalar, 'a list of values');

/** One value or a list of them, as a list. */
function oneOrMore<T extends z.ZodType>(item: T, what: string) {
  return z
    .union([item, distinct(item, what)], { error: expected(what) })
    .transform((written): readonly z.output<T>[] => (Array.isArray(written) ? written : [written]));
}

const map = z
  .strictObject({
    equals: scalar.optional().describe('The claim is this value. The type counts: `true` is not `"true"`'),
    oneOf: scalars.optional().describe('The claim is one of these values'),
    prefix: oneOrMore(string, 'a string, or a list of strings')
      .optional()
      .describe('The claim is a string that begins with this, or with one of these'),
    contains: oneOrMore(scalar, `${VALUE}, or a list of such values`)
      .optional()
      .describe('The claim is a list with this value, or with one of these'),
    present: z
      .boolean()
      .refine((written) => written, { error: expected('true') })
      .meta({ const: true })
      .optional()
      .describe('The claim is there, whatever it is'),
  })
  .meta({ minProperties: 1, maxProperties: 1 })
  .check((ctx) => {
    if (ctx.issues.length > 0) return;
    const found = CONDITION_KEYS.filter((key) => ctx.value[key] !== undefined);
    if (found.length === 1) return;
    const message = `expected exactly one of ${list(CONDITION_KEYS, 'and')}, found ${list(found, 'and') || 'none'}`;
    ctx.issues.push({ code: 'custom', input: ctx.value, message });
  });

/**
 * The schema of a condition on a claim: a value, a list of values of which the claim must be one, or a map with one of
 * {@link CONDITION_KEYS}. A value is never empty, since an empty claim is absent.
 */
export const conditionSchema = z
  .union([string, number, boolean, scalars, map], {
    error: ({ input }) => `expected ${FORMS}, found ${kindOf(input)}`,
  })
  .transform(toCondition);

function toCondition(written: Scalar | readonly Scalar[] | z.output<typeof map>): Condition {
  if (typeof written !== 'object') return { kind: 'equals', values: [written] };
  if (isList(written)) return { kind: 'equals', values: written };
  const { equals, oneOf, prefix, contains } = written;
  if (equals !== undefined) return { kind: 'equals', values: [equals] };
  if (oneOf !== undefined) return { kind: 'equals', values: oneOf };
  if (prefix !== undefined) return { kind: 'prefix', prefixes: prefix };
  return contains === undefined ? { kind: 'present' } : { kind: 'contains', values: contains };
}

/** `Array.isArray` does not tell a readonly list from a map. */
function isList<T>(written: readonly T[] | object): written is readonly T[] {
  return Array.isArray(written);
}

/** Whether JSON and YAML read a number as the one that is written. */
function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}
