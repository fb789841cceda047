import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64url, decodeUtf8, parseForm, parseJson, wasDecoded } from './utf8.ts';

describe('decodeUtf8()', () => {
  it('reads what was written, a byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wellFormed = text.toWellFormed();
        expect(decodeUtf8(Buffer.from(wellFormed))).toBe(wellFormed);
      }),
    );
    expect(decodeUtf8(Buffer.from('\uFEFFbob'))).toBe('\uFEFFbob');
  });

  it.each([
    ['a byte of Latin-1', [0x70, 0xe4]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['more than Unicode has', [0xf4, 0x90, 0x80, 0x80]],
    ['a part that is cut off', [0xe2, 0x82]],
  ])('refuses %s', (_what, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
  });
});

describe('parseJson()', () => {
  it.each(['{"a":["\\ud83d\\ude00",1,null]}', '"\\u00e4\\\\ud800"', '[]', '0', 'null'])('reads %s', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each(['"\\ud800"', '{"a":["\\uDfff"]}', '{"\\ud83dx":1}', '"\\ude00\\ud83d"', '{', ''])('refuses %j', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  it('refuses what is nested too deeply to look at', () => {
    const depth = 30_000;
    expect(parseJson(`${'['.repeat(depth)}"\\ud800"${']'.repeat(depth)}`)).toBeUndefined();
  });
});

describe('parseForm()', () => {
  it.each(['a=%C3%A4+b&c=ä', 'a=100%&b=%zz', 'a=%F0%9F%98%80', ''])('reads %j as browsers do', (text) => {
    expect([...(parseForm(text) ?? [])]).toEqual([...new URLSearchParams(text)]);
  });

  it.each(['a=p%E4ss', '%FC=a', 'a=%C3&b=%A4', 'a=%ED%A0%80', 'a=%C3ä', 'a=\uD800'])('refuses %j', (text) => {
    expect(parseForm(text)).toBeUndefined();
  });
});

describe('decodeBase64url()', () => {
  it.each([
    ['', ''],
    ['YQ', 'a'],
    ['YQ==', 'a'],
  ])('reads %j', (text, bytes) => {
    expect(decodeBase64url(text)?.toString()).toBe(bytes);
  });

  it.each(['YR', 'YQ=', 'Y Q', 'Y+', 'YQ\n'])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });
});

describe('wasDecoded()', () => {
  it('tells what Node could not read', () => {
    expect(wasDecoded(Buffer.from([0x70, 0xe4]).toString())).toBe(false);
    expect(wasDecoded('pä')).toBe(true);
  });
});
