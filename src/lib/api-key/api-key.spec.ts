import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashOfKey, hasKeyPrefix, isApiKey, makeApiKey } from './api-key.ts';

/** The test vector of docs/api-keys.md. CRC-32 of the random part: 0xf0c344af. */
const VECTOR = 'sp_0123456789ABCDEFGHIJKLMNOPQRST';

describe('makeApiKey()', () => {
  it('makes a prefix, 30 random characters and a checksum', () => {
    const keys = Array.from({ length: 1_000 }, () => makeApiKey('sp'));
    for (const key of keys) {
      expect(key).toMatch(/^sp_[0-9A-Za-z]{36}$/);
      expect(isApiKey(key, 'sp')).toBe(true);
    }
    expect(new Set(keys).size).toBe(1_000);
  });

  it('makes the same key of the same seed', () => {
    const seed = new Uint8Array(32).fill(7);
    expect(makeApiKey('sp', seed)).toBe(makeApiKey('sp', seed));
    expect(makeApiKey('sp', seed)).not.toBe(makeApiKey('sp', new Uint8Array(32).fill(8)));
  });

  it('uses every character at every place', () => {
    const keys = Array.from({ length: 5_000 }, () => makeApiKey('sp').slice(3, 33));
    for (let place = 0; place < 30; place++) expect(new Set(keys.map((key) => key[place])).size).toBe(62);
  });
});

describe('isApiKey()', () => {
  const key = makeApiKey('sp');

  it('refuses another prefix, another length and other characters', () => {
    expect(isApiKey(key, 'dev')).toBe(false);
    expect(isApiKey(key, 's')).toBe(false);
    expect(isApiKey(`${key}0`, 'sp')).toBe(false);
    expect(isApiKey(key.slice(0, -1), 'sp')).toBe(false);
    expect(isApiKey(`${key}\n`, 'sp')).toBe(false);
    expect(isApiKey(` ${key}`, 'sp')).toBe(false);
    expect(isApiKey(`SP${key.slice(2)}`, 'sp')).toBe(false);
    expect(isApiKey(key.replace('sp_', 'sp-'), 'sp')).toBe(false);
    expect(isApiKey('', 'sp')).toBe(false);
    expect(isApiKey('sp_', 'sp')).toBe(false);
  });

  it('refuses a key with any one character changed', () => {
    for (let place = 3; place < key.length; place++) {
      const other = key[place] === 'a' ? 'b' : 'a';
      expect(isApiKey(key.slice(0, place) + other + key.slice(place + 1), 'sp')).toBe(false);
    }
  });

  it('accepts the documented test vector, and only with its checksum', () => {
    expect(isApiKey(`${VECTOR}4PMbyp`, 'sp')).toBe(true);
    expect(isApiKey(`${VECTOR}4PMbyq`, 'sp')).toBe(false);
  });
});

describe('hasKeyPrefix()', () => {
  it('is true of everything with the prefix, however malformed', () => {
    expect(hasKeyPrefix('sp_', 'sp')).toBe(true);
    expect(hasKeyPrefix('sp_a.b.c', 'sp')).toBe(true);
    expect(hasKeyPrefix('spx', 'sp')).toBe(false);
    expect(hasKeyPrefix('eyJ.e30.x', 'sp')).toBe(false);
    expect(hasKeyPrefix('sp_a', undefined)).toBe(false);
  });
});

describe('hashOfKey()', () => {
  it('is the hex SHA-256 of the whole key', () => {
    expect(hashOfKey('sp_x')).toBe(createHash('sha256').update('sp_x').digest('hex'));
  });
});
