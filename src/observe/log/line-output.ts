import { writeSync } from 'node:fs';

/** How far a reader may fall behind before lines are left out. */
const MAX_WAITING_BYTES = 1024 * 1024;
const TRY_AGAIN_MS = 100;

/** Told once of an output that takes nothing, and again after it took something in between. */
type OutputFailed = (error: NodeJS.ErrnoException) => void;

/**
 * Hands each line to the system at once, so that nothing is lost by an end without warning. What is not taken, by a
 * pipe that nobody empties or a disk that is full, waits; too much of it is left out. Where the reader of a pipe has gone
 * nothing waits: it does not come back. Never throws, and never blocks where the descriptor does not.
 */
export class LineOutput {
  /** Lines left out since the start. */
  lost = 0;
  /** Whether the last attempt to write failed, for another reason than a reader that is slow. */
  isFailing = false;
  private readonly descriptor: number;
  private readonly failed: OutputFailed;
  /** Lines that were not taken yet, of the first maybe a part alone. */
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(descriptor: number, failed: OutputFailed = () => {}) {
    this.descriptor = descriptor;
    this.failed = failed;
  }

  write(line: string): void {
    this.flush();
    const bytes = Buffer.from(line);
    if (this.waiting.length > 0 && this.waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.lost += 1;
      return;
    }
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.flush();
  }

  /** Keeps the process alive for what waits; whoever ends the process says for how long. */
  close(): void {
    this.isClosing = true;
    this.timer?.ref();
  }

  private flush(): void {
    try {
      for (let [first] = this.waiting; first !== undefined; [first] = this.waiting) {
        const taken = writeSync(this.descriptor, first);
        this.isFailing = false;
        this.waitingBytes -= taken;
        if (taken < first.length) this.waiting[0] = first.subarray(taken);
        else this.waiting.shift();
      }
    } catch (error) {
      // What a system call throws.
      this.wait(error as NodeJS.ErrnoException);
    }
  }

  /** What waits is tried again, unless nobody will ever read it. */
  private wait(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') {
      this.lost += this.waiting.length;
      this.waiting.length = 0;
      this.waitingBytes = 0;
    } else {
      this.timer ??= setTimeout(() => this.tryAgain(), TRY_AGAIN_MS);
      if (!this.isClosing) this.timer.unref();
    }
    if (error.code === 'EAGAIN' || this.isFailing) return;
    this.isFailing = true;
    this.failed(error);
  }

  private tryAgain(): void {
    this.timer = undefined;
    this.flush();
  }
}
