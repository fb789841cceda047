const NO_BYTES = Buffer.alloc(0);
const NOWHERE = -1;

/** What of a message is read only if a decision needs it. */
export class UnreadParts {
  private bytes: Buffer;
  private sourceFrom = NOWHERE;
  private sourceTo = NOWHERE;
  private forwardedFrom = NOWHERE;
  private forwardedTo = NOWHERE;
  private forwardedForm: 'bytes' | 'text' = 'text';

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Notes where the gateway's peer is. */
  noteSource(from: number, to: number): void {
    this.sourceFrom = from;
    this.sourceTo = to;
  }

  /** Notes where the value of `X-Forwarded-For` is. */
  noteForwardedFor(from: number, to: number, form: 'bytes' | 'text'): void {
    this.forwardedFrom = from;
    this.forwardedTo = to;
    this.forwardedForm = form;
  }

  get hasSource(): boolean {
    return this.sourceFrom !== NOWHERE;
  }

  /** The gateway's peer, encoded. */
  get source(): Buffer | undefined {
    return this.sourceFrom === NOWHERE ? undefined : this.bytes.subarray(this.sourceFrom, this.sourceTo);
  }

  /** The value that was noted. */
  get forwardedFor(): string | undefined {
    return this.forwardedFrom === NOWHERE
      ? undefined
      : textOf(this.bytes, this.forwardedFrom, this.forwardedTo, this.forwardedForm);
  }

  forgetForwardedFor(): void {
    this.forwardedFrom = NOWHERE;
  }

  /** Copies what may still be read; the message changes when the call returns. The rest of it may be long. */
  detach(): void {
    const { bytes, source = NO_BYTES, forwardedFrom, forwardedTo } = this;
    const forwarded = forwardedFrom === NOWHERE ? NO_BYTES : bytes.subarray(forwardedFrom, forwardedTo);
    this.bytes = Buffer.concat([source, forwarded]);
    if (this.hasSource) this.noteSource(0, source.length);
    if (forwardedFrom !== NOWHERE) this.noteForwardedFor(source.length, this.bytes.length, this.forwardedForm);
  }

  /** Forgets the message. */
  release(): void {
    this.bytes = NO_BYTES;
    this.sourceFrom = NOWHERE;
    this.forwardedFrom = NOWHERE;
  }
}

/** Returns a value as a string: each byte as one character, or decoded from UTF-8 as the proto loader does it. */
export function textOf(bytes: Buffer, from: number, to: number, form: 'bytes' | 'text'): string {
  if (from === to) return '';
  return form === 'bytes' ? bytes.toString('latin1', from, to) : bytes.toString('utf8', from, to);
}
