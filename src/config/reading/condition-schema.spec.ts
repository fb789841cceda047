import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Condition } from '../../core/claims/condition.ts';
import { conditionSchema } from './condition-schema.ts';
import { checkShape } from './shape.ts';

function read(yaml: string): Condition | readonly string[] {
  const shaped = checkShape(conditionSchema, parse(yaml), ['require', 'c']);
  if (shaped.ok) return shaped.value;
  return shaped.faults.map((fault) =>
    fault.kind === 'value' ? `${fault.path.slice(2).join('.')}: ${fault.message}` : `unknown key ${fault.key}`,
  );
}

describe('conditionSchema', () => {
  it.each<[yaml: string, condition: Condition]>([
    ['access', { kind: 'equals', values: ['access'] }],
    ['"true"', { kind: 'equals', values: ['true'] }],
    ['true', { kind: 'equals', values: [true] }],
    ['false', { kind: 'equals', values: [false] }],
    ['0', { kind: 'equals', values: [0] }],
    ['[web, cli]', { kind: 'equals', values: ['web', 'cli'] }],
    ['{ equals: "1" }', { kind: 'equals', values: ['1'] }],
    ['{ equals: false }', { kind: 'equals', values: [false] }],
    ['{ oneOf: [a, 1, true] }', { kind: 'equals', values: ['a', 1, true] }],
    ['{ prefix: "repo:acme/" }', { kind: 'prefix', prefixes: ['repo:acme/'] }],
    ['{ prefix: ["a/", "b/"] }', { kind: 'prefix', prefixes: ['a/', 'b/'] }],
    ['{ contains: ops }', { kind: 'contains', values: ['ops'] }],
    ['{ contains: [ops, 7] }', { kind: 'contains', values: ['ops', 7] }],
    ['{ present: true }', { kind: 'present' }],
  ])('reads %s', (yaml, condition) => {
    expect(read(yaml)).toEqual(condition);
  });

  const KEYS = 'equals, oneOf, prefix, contains';

  it.each<[yaml: string, ...problems: string[]]>([
    ['""', ': must not be empty'],
    ['[]', ': must not be empty'],
    ['[web, ""]', '1: must not be empty'],
    ['[web, web]', "1: 'web' is listed twice"],
    ['[[web]]', '0: expected a string, a number, true or false, found a list'],
    [
      'null',
      `: expected a string, a number, true or false, a list of such values, or a map with ${KEYS} or present, found nothing`,
    ],
    ['{}', `: expected exactly one of ${KEYS} and present, found none`],
    ['{ equals: a, prefix: b }', `: expected exactly one of ${KEYS} and present, found equals and prefix`],
    ['{ present: false }', 'present: expected true, found false'],
    ['{ present: "true" }', 'present: expected true or false, found a string'],
    ['{ prefix: 1 }', 'prefix: expected a string, or a list of strings, found 1'],
    ['{ prefix: "" }', 'prefix: must not be empty'],
    ['{ equals: [a] }', 'equals: expected a string, a number, true or false, found a list'],
    ['{ oneOf: a }', "oneOf: expected a list of values, found 'a'"],
    ['{ matches: a }', 'unknown key matches'],
    ['108412345678901234567', ': a number this large is not exact: put it in quotes if the claim is a string'],
    [
      '{ oneOf: [9007199254740992] }',
      'oneOf.0: a number this large is not exact: put it in quotes if the claim is a string',
    ],
  ])('refuses %s', (yaml, ...problems) => {
    expect(read(yaml)).toEqual(problems);
  });
});
