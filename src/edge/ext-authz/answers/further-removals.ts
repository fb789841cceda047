import type { KeptAnswer } from '../../../core/upstream/upstream-token.ts';
import { sizeOfVarint, writeVarint } from '../wire/message-writer.ts';

/**
 * Returns an answer that allows a request, with further headers to remove. These end its `ok_response`, which lies between
 * the lengths at `okAt` and `metadataAt`.
 *
 * @param removals encoded.
 * @param scratch where the answer is put together, if it fits.
 */
export function addRemovals(
  { bytes, okAt, metadataAt }: Pick<KeptAnswer, 'bytes' | 'okAt' | 'metadataAt'>,
  removals: Buffer,
  scratch: Buffer,
): Pick<KeptAnswer, 'bytes' | 'metadataAt'> {
  // The tag of the metadata has one byte.
  const okEnd = metadataAt - 1;
  const okFrom = okAt + sizeOfPrefix(okEnd - okAt);
  const okLength = okEnd - okFrom + removals.length;
  const length = okAt + sizeOfVarint(okLength) + okLength + (bytes.length - okEnd);
  const whole = length <= scratch.length ? scratch.subarray(0, length) : Buffer.allocUnsafeSlow(length);
  bytes.copy(whole, 0, 0, okAt);
  let at = writeVarint(whole, okLength, okAt);
  at += bytes.copy(whole, at, okFrom, okEnd);
  at += removals.copy(whole, at);
  bytes.copy(whole, at, okEnd);
  return { bytes: whole, metadataAt: at + 1 };
}

/** The number of bytes of a length. @param whole of the length and what follows it, less than 2 MB. */
export function sizeOfPrefix(whole: number): number {
  return whole <= 0x80 ? 1 : sizeOfVarint(whole - 2);
}
