import type { Stream } from './stream.ts';

/** So many streams that ended last are remembered. */
const REMEMBERED = 128;

/** How a stream was closed, as far as it is remembered: `ended` by the client, or `left` by this side before that. */
export type Closure = 'ended' | 'left' | 'forgotten';

/** What a server keeps for all its connections, in bytes: of requests and replies, and of what clients have not read. */
export interface Kept {
  held: number;
  /** As of the last sweep. */
  unread: number;
}

/** The streams of a connection, and what they cost. RFC 9113, section 5.1. */
export class StreamTable {
  readonly #open = new Map<number, Stream>();
  /** The ids of closed streams; below 0 for those that this side left. */
  readonly #closed = new Int32Array(REMEMBERED);
  #nextClosed = 0;
  /** The highest id that the client has used. Section 5.1.1. */
  lastId = 0;
  /** Calls that were handed to their methods so far. */
  accepted = 0;
  /** Calls that are closed while their methods still run. */
  abandoned = 0;
  /** What is kept of unfinished requests and replies. */
  heldBytes = 0;
  readonly #kept: Kept;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  add(stream: Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** Counts more bytes that are kept, or fewer. */
  hold(bytes: number): void {
    this.heldBytes += bytes;
    this.#kept.held += bytes;
  }

  /** Whatever the method of the stream answers later is dropped. */
  close(stream: Stream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    if (stream.isRunning) {
      this.abandoned++;
      stream.forgetHead();
    }
    if (stream.timer !== undefined) clearTimeout(stream.timer);
    if (stream.heldBytes > 0) this.hold(-stream.heldBytes);
    this.#open.delete(stream.id);
    this.remember(stream.id, stream.hasEnded);
  }

  /** Remembers how a stream was closed, also one that was never open. */
  remember(id: number, hasEnded: boolean): void {
    this.#closed[this.#nextClosed] = hasEnded ? id : -id;
    this.#nextClosed = (this.#nextClosed + 1) % REMEMBERED;
  }

  /** Whether the client has not used this id, nor a higher one. */
  isIdle(id: number): boolean {
    return id > this.lastId || id % 2 === 0;
  }

  closureOf(id: number): Closure {
    if (this.#closed.includes(-id)) return 'left';
    return this.#closed.includes(id) ? 'ended' : 'forgotten';
  }

  [Symbol.iterator](): IterableIterator<Stream> {
    return this.#open.values();
  }
}
