import type { KeptAnswer, KeptTails } from '../../../core/upstream/upstream-token.ts';
import { sizeOfVarint, writeVarint } from '../wire/message-writer.ts';
import type { ResponseWriter } from '../wire/response-writer.ts';
import { sizeOfPrefix } from './further-removals.ts';

/** The most tails that are kept under one configuration; some 4 MB. */
const MOST_TAILS = 8_192;

const KEEP_MS = 'keep_ms';
/** Where the number is in a tail: behind the tags and lengths of its entry, its key and its value. */
const KEEP_MS_AT = 4 + KEEP_MS.length + 3;

/** The tails of one configuration. */
export class TailCache {
  private readonly writer: ResponseWriter;
  private readonly byNames = new Map<string, KeptTails>();
  private size = 0;

  constructor(writer: ResponseWriter) {
    this.writer = writer;
  }

  /** Returns the tails with this value of `keep`. */
  of(keep: string): KeptTails {
    const known = this.byNames.get(keep);
    if (known !== undefined) return known;
    const tails = { keep, byRoute: new Map<string, Buffer>() };
    if (this.byNames.size < MOST_TAILS) this.byNames.set(keep, tails);
    return tails;
  }

  /** Returns the tail for a route. */
  find({ keep, byRoute }: KeptTails, pattern: string): Buffer {
    const known = byRoute.get(pattern);
    if (known !== undefined) return known;
    const tail = this.writer.writeFields({
      [KEEP_MS]: { numberValue: 0 },
      keep: { stringValue: keep },
      keep_route: { stringValue: pattern },
    });
    if (this.size < MOST_TAILS) {
      this.size += 1;
      byRoute.set(pattern, tail);
    }
    return tail;
  }
}

/**
 * Returns an answer with a tail.
 *
 * @param scratch where the answer is put together, if it fits.
 */
export function joinTail(
  { bytes, metadataAt }: Pick<KeptAnswer, 'bytes' | 'metadataAt'>,
  tail: Buffer,
  keepMs: number,
  scratch: Buffer,
): Buffer {
  const restLength = bytes.length - metadataAt;
  const fieldsFrom = metadataAt + sizeOfPrefix(restLength);
  const fieldsLength = bytes.length - fieldsFrom;
  const length = metadataAt + sizeOfVarint(fieldsLength + tail.length) + fieldsLength + tail.length;
  const whole = length <= scratch.length ? scratch.subarray(0, length) : Buffer.allocUnsafeSlow(length);
  bytes.copy(whole, 0, 0, metadataAt);
  const at = writeVarint(whole, fieldsLength + tail.length, metadataAt);
  bytes.copy(whole, at, fieldsFrom);
  tail.copy(whole, at + fieldsLength);
  whole.writeDoubleLE(keepMs, at + fieldsLength + KEEP_MS_AT);
  return whole;
}
