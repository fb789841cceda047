import { writeSync } from 'node:fs';

/** How far a reader may fall behind before lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
const TRY_AGAIN_MS = 100;

/** Called when the output starts to fail; not again until it has worked in between. */
type OutputFailed = (error: NodeJS.ErrnoException) => void;

/**
 * Passes each line to the system at once, so that a crash loses nothing. If a pipe or a disk is full, lines wait in a
 * bounded buffer, and further lines are dropped. If the reader of a pipe is gone, lines are dropped at once, because it
 * will not come back. Never throws, and blocks only if the descriptor does.
 */
export class LineOutput {
  /** Lines dropped since the start. */
  lost = 0;
  /** Whether the last attempt to write failed for any reason except a slow reader. */
  isFailing = false;
  private readonly descriptor: number;
  private readonly failed: OutputFailed;
  /** Lines not yet written; of the first one possibly only a part. */
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

  /** Keeps the process alive for the waiting lines; its caller sets a limit on that. */
  close(): void {
    this.isClosing = true;
    this.timer?.ref();
  }

  private flush(): void {
    try {
      for (let [first] = this.waiting; first !== undefined; [first] = this.waiting) {
        const written = writeSync(this.descriptor, first);
        this.isFailing = false;
        this.waitingBytes -= written;
        if (written < first.length) this.waiting[0] = first.subarray(written);
        else this.waiting.shift();
      }
    } catch (error) {
      // System calls throw this type.
      this.wait(error as NodeJS.ErrnoException);
    }
  }

  /** Schedules another attempt, or drops the waiting lines if their reader is gone. */
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
