import { Duplex } from 'node:stream';

/** The server's end of a connection in memory: the test feeds it bytes, and sees what is written. */
export class MemorySocket extends Duplex {
  readonly #written: (bytes: Buffer) => void;
  #unread: (() => void) | undefined;
  /** Whether the client reads nothing: what is written waits. */
  isStuck = false;

  constructor(written: (bytes: Buffer) => void) {
    super();
    this.#written = written;
  }

  feed(bytes: Buffer): void {
    if (!this.destroyed) this.push(bytes);
  }

  /** Reads again. */
  unstick(): void {
    this.isStuck = false;
    const unread = this.#unread;
    this.#unread = undefined;
    unread?.();
  }

  override _read(): void {}

  override _write(bytes: Buffer, _: string, done: () => void): void {
    this.#written(bytes);
    if (this.isStuck) this.#unread = done;
    else done();
  }

  override _final(done: () => void): void {
    done();
  }
}
