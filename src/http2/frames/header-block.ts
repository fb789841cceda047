const NO_PIECES: readonly Buffer[] = [];

/** The header block of a HEADERS frame while CONTINUATION frames of it are missing. RFC 9113, section 4.3. */
export class HeaderBlock {
  /** The stream of the block; 0 if none is incomplete. */
  id = 0;
  /** Those of HEADERS. */
  flags = 0;
  /** Whether HEADERS itself is wrong. */
  isMalformed = false;
  /** In milliseconds. */
  startedAt = 0;
  continuations = 0;
  bytes = 0;
  #pieces = NO_PIECES;

  begin(id: number, flags: number, isMalformed: boolean, now: number, piece: Buffer): void {
    this.id = id;
    this.flags = flags;
    this.isMalformed = isMalformed;
    this.startedAt = now;
    this.continuations = 0;
    this.bytes = piece.length;
    this.#pieces = [Buffer.from(piece)];
  }

  /** Copies the piece. */
  continue(piece: Buffer): void {
    this.continuations++;
    this.bytes += piece.length;
    this.#pieces = [...this.#pieces, Buffer.from(piece)];
  }

  /** Returns the whole block. */
  end(): Buffer {
    const whole = Buffer.concat(this.#pieces);
    this.id = 0;
    this.#pieces = NO_PIECES;
    return whole;
  }
}
