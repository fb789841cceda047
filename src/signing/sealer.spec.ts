import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SealBrokenError, Sealer } from './sealer.ts';

const PLAIN = Buffer.from('a signing key');
const PURPOSE = 'signing-key:sallyport:k1:EdDSA';
const SECRET = createHash('sha256').update('a secret').digest();
const sealer = new Sealer(SECRET);

/** Flips one bit of the byte at `index` of the body; a negative index counts from the end. */
function flip(sealed: string, index: number): string {
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  const at = index < 0 ? bytes.length + index : index;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return `v1.${bytes.toString('base64url')}`;
}

describe('Sealer', () => {
  it('opens what it sealed', () => {
    for (const plain of [PLAIN, Buffer.alloc(0), randomBytes(5000)]) {
      expect(Buffer.from(sealer.open(sealer.seal(plain, PURPOSE), PURPOSE))).toEqual(plain);
    }
  });

  it('opens what another sealer with the same secret sealed', () => {
    expect(new Sealer(SECRET).open(sealer.seal(PLAIN, PURPOSE), PURPOSE)).toEqual(PLAIN);
  });

  it('gives a different result each time, and never contains the plaintext', () => {
    const sealed = Array.from({ length: 100 }, () => sealer.seal(PLAIN, PURPOSE));
    expect(new Set(sealed).size).toBe(100);
    const heads = sealed.map((text) => Buffer.from(text.slice(3), 'base64url').subarray(0, 28).toString('hex'));
    expect(new Set(heads.map((head) => head.slice(0, 32))).size).toBe(100);
    expect(new Set(heads.map((head) => head.slice(32))).size).toBe(100);
    expect(sealed.some((text) => Buffer.from(text.slice(3), 'base64url').includes(PLAIN))).toBe(false);
  });

  it('does not open a value that was sealed for another purpose', () => {
    const sealed = sealer.seal(PLAIN, PURPOSE);
    for (const purpose of ['', PURPOSE.slice(0, -1), `${PURPOSE} `, 'signing-key:other:k1:EdDSA']) {
      expect(() => sealer.open(sealed, purpose)).toThrow(SealBrokenError);
    }
  });

  it('does not open a value that was sealed with another secret', () => {
    for (const secret of [
      createHash('sha256').update('another').digest(),
      Buffer.concat([SECRET, SECRET.subarray(0, 1)]),
      SECRET.subarray(1),
      Buffer.alloc(32, 's'),
    ]) {
      expect(() => new Sealer(secret).open(sealer.seal(PLAIN, PURPOSE), PURPOSE)).toThrow(SealBrokenError);
    }
  });

  it.each<[what: string, alter: (sealed: string) => string]>([
    ['another version', (sealed) => `v2${sealed.slice(2)}`],
    ['no version', (sealed) => sealed.slice(3)],
    ['the first byte of the salt', (sealed) => flip(sealed, 0)],
    ['the last byte of the salt', (sealed) => flip(sealed, 15)],
    ['the first byte of the IV', (sealed) => flip(sealed, 16)],
    ['the last byte of the IV', (sealed) => flip(sealed, 27)],
    ['the first byte of the tag', (sealed) => flip(sealed, 28)],
    ['the last byte of the tag', (sealed) => flip(sealed, 43)],
    ['the first byte of the ciphertext', (sealed) => flip(sealed, 44)],
    ['the last byte of the ciphertext', (sealed) => flip(sealed, -1)],
    [
      'one byte less',
      (sealed) => `v1.${Buffer.from(sealed.slice(3), 'base64url').subarray(0, -1).toString('base64url')}`,
    ],
    ['one byte more', (sealed) => `${sealed}AA`],
    [
      'nothing after the tag',
      (sealed) => `v1.${Buffer.from(sealed.slice(3), 'base64url').subarray(0, 44).toString('base64url')}`,
    ],
    [
      'less than a tag',
      (sealed) => `v1.${Buffer.from(sealed.slice(3), 'base64url').subarray(0, 43).toString('base64url')}`,
    ],
    ['an empty string', () => ''],
    ['no body', () => 'v1.'],
    ["another value's tag", (sealed) => exchange(sealed, sealer.seal(PLAIN, PURPOSE), 28, 44)],
    [
      "another value's ciphertext",
      (sealed) => exchange(sealed, sealer.seal(Buffer.from('another text.'), PURPOSE), 44),
    ],
  ])('does not open an altered value: %s', (_, alter) => {
    expect(() => sealer.open(alter(sealer.seal(PLAIN, PURPOSE)), PURPOSE)).toThrow(SealBrokenError);
  });

  it('reveals neither the secret nor the plaintext in its error', () => {
    const broken = flip(sealer.seal(PLAIN, PURPOSE), 44);
    expect(() => sealer.open(broken, PURPOSE)).toThrow(
      'the secret that opens the signing keys is not the one they were sealed with',
    );
  });
});

describe('Sealer, with a secret that is not random', () => {
  const WEAK = Buffer.from('correct horse battery staple');
  /** {@link PLAIN} as sealed before version v2, with a key that HKDF alone derived from the secret. */
  const OLD = 'v1.mOHI52A1MbwUruqYuwRgfIo9Ycgsa7CyO6Ej6mv_13Cex-iILA_P8l3PojHuzqbE_w3BTIelzrqG';

  it('stretches the secret, with a salt that is part of the sealed value', () => {
    const weak = new Sealer(WEAK);
    const sealed = weak.seal(PLAIN, PURPOSE);
    expect(sealed).toMatch(/^v2\./);
    expect([weak.isCurrent(sealed), sealer.isCurrent(sealed)]).toEqual([true, false]);
    const other = new Sealer(WEAK);
    expect(other.open(sealed, PURPOSE)).toEqual(PLAIN);
    expect(saltOf(other.seal(PLAIN, PURPOSE))).toBe(saltOf(sealed));
    expect(saltOf(new Sealer(WEAK).seal(PLAIN, PURPOSE))).not.toBe(saltOf(sealed));
    expect(() => new Sealer(Buffer.from('correct horse battery stapler')).open(sealed, PURPOSE)).toThrow(
      SealBrokenError,
    );
    expect(() => weak.open(`v1${sealed.slice(2)}`, PURPOSE)).toThrow(SealBrokenError);
  });

  it('opens a value that was sealed before secrets were stretched', () => {
    const weak = new Sealer(WEAK);
    expect(Buffer.from(weak.open(OLD, PURPOSE))).toEqual(PLAIN);
    expect(weak.isCurrent(OLD)).toBe(false);
  });

  it('derives the same keys for other uses as another sealer with this secret', () => {
    expect(new Sealer(WEAK).deriveKey('a')).toEqual(new Sealer(WEAK).deriveKey('a'));
    expect(new Sealer(WEAK).deriveKey('a')).not.toEqual(new Sealer(WEAK).deriveKey('b'));
  });
});

function saltOf(sealed: string): string {
  return Buffer.from(sealed.slice(3), 'base64url').subarray(0, 16).toString('hex');
}

function exchange(sealed: string, other: string, start: number, end?: number): string {
  const bytes = Buffer.from(sealed.slice(3), 'base64url');
  Buffer.from(other.slice(3), 'base64url').subarray(start, end).copy(bytes, start);
  return `v1.${bytes.toString('base64url')}`;
}
