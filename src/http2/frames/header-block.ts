const NOTHING = Buffer.alloc(0);

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
  bytes: Buffer = NOTHING;

  begin(id: number, flags: number, isMalformed: boolean, now: number): void {
    this.id = id;
    this.flags = flags;
    this.isMalformed = isMalformed;
    this.startedAt = now;
    this.continuations = -1;
  }

  /** Copies the piece. */
  add(piece: Buffer): void {
    this.continuations++;
    this.bytes = Buffer.concat([this.bytes, piece]);
  }

  /** Returns the whole block. */
  end(): Buffer {
    const whole = this.bytes;
    this.id = 0;
    this.bytes = NOTHING;
    return whole;
  }
}
