import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, Scalar } from './condition.ts';
import { conditionText, meetsCondition } from './condition.ts';

const equals = (...values: readonly Scalar[]): Condition => ({ kind: 'equals', values });
const prefix = (...prefixes: readonly string[]): Condition => ({ kind: 'prefix', prefixes });
const contains = (...values: readonly Scalar[]): Condition => ({ kind: 'contains', values });
const PRESENT: Condition = { kind: 'present' };

/** Everything that is absent, or means the same. */
const ABSENT = [undefined, null, '', []];

describe('meetsCondition()', () => {
  it.each<[claim: unknown, condition: Condition]>([
    ['web', equals('web')],
    ['cli', equals('web', 'cli')],
    [true, equals(true)],
    [false, equals(false)],
    [0, equals(0)],
    [1, equals(1, '1')],
    ['repo:acme/api:ref:refs/heads/main', prefix('repo:acme/')],
    ['repo:acme/', prefix('repo:other/', 'repo:acme/')],
    [['ops'], contains('ops')],
    [['dev', 'ops'], contains('admin', 'ops')],
    [[1, true], contains(true)],
    ['x', PRESENT],
    [false, PRESENT],
    [0, PRESENT],
    [['x'], PRESENT],
    [{}, PRESENT],
  ])('%j meets %j', (claim, condition) => {
    expect(meetsCondition(claim, condition)).toBe(true);
  });

  it.each<[claim: unknown, condition: Condition]>([
    ['Web', equals('web')],
    ['web ', equals('web')],
    ['true', equals(true)],
    [true, equals('true')],
    [1, equals(true)],
    ['1', equals(1)],
    [1, equals('1')],
    [0, equals(false)],
    [{}, equals('[object Object]')],
    [['web'], equals('web')],
    [[['web']], equals('web')],
    [{ 0: 'web', length: 1 }, equals('web')],
    ['Repo:acme/x', prefix('repo:acme/')],
    ['xrepo:acme/', prefix('repo:acme/')],
    [['repo:acme/x'], prefix('repo:acme/')],
    [12, prefix('1')],
    ['ops', contains('ops')],
    ['dev ops', contains('ops')],
    [{ 0: 'ops', length: 1 }, contains('ops')],
    [['OPS'], contains('ops')],
    [[['ops']], contains('ops')],
    [['1'], contains(1)],
  ])('%j does not meet %j', (claim, condition) => {
    expect(meetsCondition(claim, condition)).toBe(false);
  });

  it('does not accept a combining spelling of a text', () => {
    expect(meetsCondition('e\u0301', equals('\u00E9'))).toBe(false);
  });

  const scalar = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
  const written = fc.array(scalar, { minLength: 1, maxLength: 4 });
  const condition = fc.oneof(
    written.map((values) => equals(...values)),
    fc.array(fc.string(), { minLength: 1, maxLength: 4 }).map((prefixes) => prefix(...prefixes)),
    written.map((values) => contains(...values)),
    fc.constant(PRESENT),
  );

  it('is never true of an absent claim', () => {
    fc.assert(fc.property(condition, (one) => ABSENT.every((claim) => !meetsCondition(claim, one))));
  });

  it('never accepts a list in place of a value, nor a value in place of a list', () => {
    fc.assert(
      fc.property(condition, fc.jsonValue(), (one, value) => {
        const isAccepted = (claim: unknown): boolean => one.kind !== 'present' && meetsCondition(claim, one);
        return one.kind === 'contains' ? !isAccepted(fc.stringify(value)) : !isAccepted([value, ...wantedBy(one)]);
      }),
    );
  });

  it('equals exactly the values whose JSON is the same', () => {
    fc.assert(
      fc.property(written, fc.oneof(scalar, fc.jsonValue()), (values, value) => {
        const claim: unknown = JSON.parse(JSON.stringify(value));
        const isListed = values.some((one) => JSON.stringify(one) === JSON.stringify(claim));
        const isScalar = claim === null || typeof claim !== 'object';
        expect(meetsCondition(claim, equals(...values))).toBe(isListed && isScalar && claim !== '');
        expect(meetsCondition([claim], contains(...values))).toBe(isListed && isScalar);
      }),
    );
  });

  it('begins with what it was given', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (start, rest) => {
        expect(meetsCondition(start + rest, prefix(start))).toBe(true);
        expect(meetsCondition(rest, prefix(start))).toBe(rest.slice(0, start.length) === start);
      }),
    );
  });
});

describe('conditionText()', () => {
  it.each<[condition: Condition, text: string]>([
    [equals('web'), '"web"'],
    [equals('web', 'cli'), '"web" or "cli"'],
    [equals(true, 1, '1'), 'true or 1 or "1"'],
    [equals(1, 2, 3, 4, 5, 6), '1, 2, 3, 4, 5 or 1 more'],
    [prefix('repo:acme/'), 'a string that begins with "repo:acme/"'],
    [contains('a', 'b'), 'a list with "a" or "b"'],
    [PRESENT, 'any value'],
    [equals('x'.repeat(97)), `"${'x'.repeat(96)}"...`],
  ])('says what %j accepts', (condition, text) => {
    expect(conditionText(condition)).toBe(text);
  });
});

function wantedBy(condition: Condition): readonly Scalar[] {
  switch (condition.kind) {
    case 'equals':
    case 'contains':
      return condition.values;
    case 'prefix':
      return condition.prefixes;
    case 'present':
      return [];
  }
}
