import { describe, expect, it } from 'vitest';
import { readBasicPair } from './basic-pair.ts';

const encoded = (pair: string | Uint8Array): string => Buffer.from(pair).toString('base64');

describe('readBasicPair()', () => {
  it.each([
    ['ada:pass:word', { name: 'ada', password: 'pass:word' }],
    ['ada:', { name: 'ada', password: '' }],
    ['jürgen:p\uFFFDss', { name: 'jürgen', password: 'p\uFFFDss' }],
    ['\uFEFFada:x', { name: '\uFEFFada', password: 'x' }],
  ])('reads %j unchanged', (pair, read) => {
    expect(readBasicPair(encoded(pair))).toEqual(read);
    expect(readBasicPair(encoded(pair).replace(/=+$/, ''))).toEqual(read);
  });

  it.each([
    ['no colon', encoded('ada')],
    ['no name', encoded(':password')],
    ['Latin-1 bytes', encoded(Buffer.from('ada:p\xe4ss', 'latin1'))],
    ['half a surrogate pair', encoded(Uint8Array.from([0x61, 0x3a, 0xed, 0xa0, 0x80]))],
    ['a character outside base64', `${encoded('ada:x')}!`],
    ['a non-ASCII value', 'ada:p\xe4ss'],
  ])('refuses %s', (_what, value) => {
    expect(readBasicPair(value)).toBeUndefined();
  });
});
