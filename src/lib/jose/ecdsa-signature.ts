/** DER (X.690, sections 8.3 and 8.9). */
const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** A length of more than 127 has a byte that says how many bytes it has. */
const ONE_BYTE = 0x81;

/**
 * Returns a signature of RFC 7518, section 3.4, as OpenSSL reads it (RFC 3279, section 2.2.3). Node can do this itself, but it
 * takes 20 µs for that, and 16 µs for a key that comes with options.
 *
 * @param signature R and S, each of `size` bytes at most 66, big-endian.
 */
export function toDer(signature: Buffer, size: number): Buffer {
  const [fromR, fromS] = [firstByte(signature, 0, size), firstByte(signature, size, 2 * size)];
  const [lengthR, lengthS] = [lengthOf(signature, fromR, size), lengthOf(signature, fromS, 2 * size)];
  const length = 2 + lengthR + 2 + lengthS;
  const der = Buffer.alloc(length + (length < 0x80 ? 2 : 3));
  let at = 0;
  der[at++] = SEQUENCE;
  if (length >= 0x80) der[at++] = ONE_BYTE;
  der[at++] = length;
  at = writeInteger(der, at, signature.subarray(fromR, size), lengthR);
  writeInteger(der, at, signature.subarray(fromS, 2 * size), lengthS);
  return der;
}

/** An integer has no zeros at its beginning, but one byte at least. */
function firstByte(bytes: Buffer, from: number, to: number): number {
  let first = from;
  while (first < to - 1 && bytes[first] === 0) first += 1;
  return first;
}

/** Without a zero in front, it would be negative if its first bit is set. */
function lengthOf(bytes: Buffer, from: number, to: number): number {
  return to - from + ((bytes[from] ?? 0) >= 0x80 ? 1 : 0);
}

/** Writes an integer with a zero in front if `length` has room for one. Returns the place behind it. */
function writeInteger(der: Buffer, at: number, value: Buffer, length: number): number {
  der[at] = INTEGER;
  der[at + 1] = length;
  der.set(value, at + 2 + length - value.length);
  return at + 2 + length;
}
