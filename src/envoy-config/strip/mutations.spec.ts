import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OVERRIDE_HEADERS } from '../../core/upstream/override-headers.ts';
import { type StripMutation, stripMutations } from './mutations.ts';

const IDENTITY = ['subject', 'scopes', 'token-id', 'issuer', 'scheme'].map((name) => `x-auth-${name}`);
const word = fc.string({ unit: fc.constantFrom('x', 'a', 'user', 'id', '7'), minLength: 1, maxLength: 6 });
/** A name that the configuration accepts: at most five hyphens, and of any length. */
const name = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('-'));
const longName = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), fc.constantFrom('x', 'x-y'))
  .map(([before, after, begin]) => `${begin}${'a'.repeat(before)}-${'b'.repeat(after)}`);
/** Every character that a header name may have in place of a hyphen (RFC 9110, section 5.6.2). */
const separator = fc.constantFrom(...'! # $ % & * + - . ^ _ ` | ~'.split(' '), "'");
const names = fc.record({ all: fc.array(name, { maxLength: 12 }), others: fc.array(name, { maxLength: 6 }) });

/** The expression of a mutation, for a whole name. */
function expressionOf({ mutation }: StripMutation): string {
  return 'remove' in mutation ? `^${mutation.remove}` : mutation.remove_on_match.key_matcher.safe_regex.regex;
}

function matches(mutations: readonly StripMutation[], header: string): boolean {
  return mutations.some((one) => new RegExp(`^(?:${expressionOf(one)})$`).test(header));
}

/** Writes each hyphen as the next of some characters. */
function respell(text: string, separators: readonly string[]): string {
  let index = 0;
  return text.replaceAll('-', () => separators[index++ % separators.length] ?? '-');
}

/** What services take a name for that read every character but letters and digits as a hyphen. */
function hyphenated(header: string): string {
  return header.replaceAll(/[^a-z0-9]/g, '-');
}

/**
 * At most how many instructions RE2 makes of an expression of ours: one for each character, and for a class one for each of
 * its ranges. test/e2e/kept-envoy.spec.ts asks Envoy itself.
 */
function sizeOf(expression: string): number {
  const rest = expression.replaceAll('[!-/:-\\x60{-~]', '###').replaceAll('[!-,./:-\\x60{-~]', '####');
  const plain = rest
    .replace('^', '#')
    .replaceAll('[!-~]*', '##')
    .replaceAll('(?:', '')
    .replaceAll(')?', '#')
    .replaceAll(/[)|]/g, '');
  expect(plain).toMatch(/^[a-z0-9#-]*$/);
  return 4 + plain.length;
}

describe('stripMutations()', () => {
  it('makes few mutations for the names of the default configuration, each with a word in front', () => {
    const mutations = stripMutations({ all: [...IDENTITY, ...OVERRIDE_HEADERS], others: [] });
    expect(mutations.map((one) => expressionOf(one).slice(0, 7))).toEqual([
      '^forwar',
      '^script',
      '^x[!-/:',
      '^x[!-/:',
      '^x[!-/:',
    ]);
    expect(mutations.flatMap((one) => one.names).toSorted()).toEqual([...IDENTITY, ...OVERRIDE_HEADERS].toSorted());
  });

  it('makes none for no name', () => {
    expect(stripMutations({ all: [], others: [] })).toEqual([]);
    expect(stripMutations({ all: [], others: ['forwarded'] })).toEqual([]);
  });

  it('matches every spelling of each name, and what the names of credentials are not', () => {
    fc.assert(
      fc.property(names, fc.array(separator, { minLength: 1, maxLength: 5 }), ({ all, others }, separators) => {
        const mutations = stripMutations({ all, others });
        for (const one of all) expect(matches(mutations, respell(one, separators)), one).toBe(true);
        for (const one of others) {
          const spelling = respell(one, separators);
          expect(matches(mutations, spelling), one).toBe(spelling !== one || all.includes(one));
        }
      }),
    );
  });

  it('matches no other name', () => {
    const header = fc.oneof(
      name,
      fc.constantFrom('accept', 'host', 'cookie', 'x-request-id', 'x-forwarded-for', 'x-forwarded-proto', ':path'),
      fc.tuple(name, separator, name).map((parts) => parts.join('')),
      fc.tuple(name, fc.constantFrom('s', '-', '.', '-id')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(names, header, ({ all, others }, sent) => {
        fc.pre(!all.includes(hyphenated(sent)) && !others.some((one) => one !== sent && one === hyphenated(sent)));
        expect(matches(stripMutations({ all, others }), sent)).toBe(false);
      }),
    );
  });

  it('stays below the size that Envoy accepts', () => {
    fc.assert(
      fc.property(names, fc.array(longName, { maxLength: 3 }), ({ all, others }, long) => {
        const mutations = stripMutations({ all: [...all, ...long], others: [...others, ...long] });
        for (const one of mutations) expect(sizeOf(expressionOf(one)), expressionOf(one)).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('matches every spelling of a name that is too long for one expression', () => {
    fc.assert(
      fc.property(longName, fc.array(separator, { minLength: 1, maxLength: 2 }), (long, separators) => {
        const spelling = respell(long, separators);
        expect(matches(stripMutations({ all: [long], others: [] }), spelling)).toBe(true);
        expect(matches(stripMutations({ all: [], others: [long] }), spelling)).toBe(spelling !== long);
      }),
    );
  });
});
