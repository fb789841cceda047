import { describe, expect, it } from 'vitest';
import { accountNameKey } from '../accounts/account.ts';
import { toNfc } from './nfc.ts';

const ACUTE = '\u0301';
const DOT_BELOW = '\u0323';

describe('toNfc()', () => {
  it('composes letters, and sorts the marks of a letter', () => {
    expect(toNfc(`cafe${ACUTE}`)).toBe('caf\u00e9');
    expect(toNfc(`x${ACUTE}${DOT_BELOW}`)).toBe(`x${DOT_BELOW}${ACUTE}`);
    expect(toNfc(`x${`${ACUTE}${DOT_BELOW}`.repeat(15)}`)).toBe(`x${DOT_BELOW.repeat(15)}${ACUTE.repeat(15)}`);
  });

  it.each([
    ['toNfc()', toNfc],
    ['accountNameKey()', accountNameKey],
  ])('%s sorts no more than 30 marks in a row, which would take too long', (_name, normalize) => {
    const flood = `x${ACUTE.repeat(16)}${DOT_BELOW.repeat(15)}`;
    expect(normalize(flood)).toBe(flood);
  });
});
