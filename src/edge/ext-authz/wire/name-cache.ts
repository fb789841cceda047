import type { CheckTerms, HeaderName } from '../header-name.ts';
import { headerName } from '../header-name.ts';
import { slotOf } from './text-cache.ts';

/** A longer name is not kept. */
const MAX_LENGTH = 64;
/** A power of two. Gateways send some dozens of names over and over; a client can only make the cache useless. */
const SLOTS = 1_024;

const NO_WORDS = new Int32Array();

/** A name that was met before. */
export interface KnownName extends HeaderName {
  readonly length: number;
  /** Its bytes, four at a time; the last four of them overlap with those before. Of a shorter name, its bytes. */
  readonly words: Int32Array;
  readonly isCached: boolean;
  /** The number of the last message in which it was a key of a map; it stays in the cache meanwhile. */
  keyIn: number;
}

/**
 * The names of header fields by their bytes, so that a name which comes again needs no string. An entry is used only if every
 * byte is the same. For one configuration, which says what the names mean.
 */
export class NameCache {
  private readonly terms: CheckTerms;
  private readonly slots: (KnownName | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  private serial = 0;
  private view: DataView<ArrayBufferLike> = new DataView(new ArrayBuffer(0));
  /** Where the message begins in the view. */
  private start = 0;

  constructor(terms: CheckTerms) {
    this.terms = terms;
  }

  /** Begins a message, whose number is not that of another one. */
  begin({ buffer, byteOffset }: Buffer, serial: number): void {
    this.serial = serial;
    this.start = byteOffset;
    // One memory holds many messages.
    if (this.view.buffer !== buffer) this.view = new DataView(buffer);
  }

  /** Returns the name in these bytes of the message. */
  find(message: Buffer, from: number, to: number): KnownName {
    const slot = slotOf(message, from, to) & (SLOTS - 1);
    const known = this.slots[slot];
    if (known !== undefined && this.isSame(known, message, from, to)) return known;
    const isCached = to - from <= MAX_LENGTH && known?.keyIn !== this.serial;
    const { key, name, role, pseudo, isWanted } = headerName(message.toString('utf8', from, to), this.terms);
    const words = isCached ? wordsOf(message.subarray(from, to)) : NO_WORDS;
    const made = { key, name, role, pseudo, isWanted, length: to - from, words, isCached, keyIn: 0 };
    if (isCached) this.slots[slot] = made;
    return made;
  }

  private isSame({ length, words }: KnownName, message: Buffer, from: number, to: number): boolean {
    if (length !== to - from) return false;
    const last = words.length - 1;
    if (length < 4) {
      for (let index = 0; index <= last; index++) if (words[index] !== message[from + index]) return false;
      return true;
    }
    const { view } = this;
    const start = this.start + from;
    for (let index = 0; index < last; index++) if (words[index] !== view.getInt32(start + 4 * index)) return false;
    return words[last] === view.getInt32(start + length - 4);
  }
}

function wordsOf(bytes: Buffer): Int32Array {
  const { length } = bytes;
  if (length < 4) return Int32Array.from(bytes);
  const words = new Int32Array(Math.ceil(length / 4));
  for (let index = 0; index < words.length; index++) words[index] = bytes.readInt32BE(Math.min(4 * index, length - 4));
  return words;
}
