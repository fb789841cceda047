import { describe, expect, it } from 'vitest';
import { readBearerToken } from './bearer-token.ts';

describe('readBearerToken()', () => {
  it.each(['abc', 'abc\n', ' \tabc\r\n\n', 'a.b-c_d~e+f/g=='])('reads %j', (contents) => {
    expect(readBearerToken(Buffer.from(contents))).toBe(contents.trim());
  });

  it.each(['', '\n', 'a b', 'a\nb', 'a\r\nx: y', '=', 'a=b', 'a,b', 'Bearer a', 'ä', 'a\0', '\uFEFFabc'])(
    'finds no token in %j',
    (contents) => {
      expect(readBearerToken(Buffer.from(contents))).toBeUndefined();
    },
  );
});
