import { writeSync } from 'node:fs';

/** How far a reader may fall behind before lines are left out. */
const MAX_WAITING_BYTES = 1024 * 1024;
const TRY_AGAIN_MS = 100;

/**
 * Hands each line to the system at once, so that nothing is lost by an end without warning. What is not taken, by a
 * pipe that nobody empties or a disk that is full, waits; too much of it is left out. Never throws, and never blocks
 * where the descriptor does not.
 */
export class LineOutput {
  /** Lines left out since the start. */
  lost = 0;
  private readonly descriptor: number;
  /** Lines that were not taken yet, of the first maybe a part alone. */
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
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

  private flush(): void {
    try {
      for (let [first] = this.waiting; first !== undefined; [first] = this.waiting) {
        const taken = writeSync(this.descriptor, first);
        this.waitingBytes -= taken;
        if (taken < first.length) this.waiting[0] = first.subarray(taken);
        else this.waiting.shift();
      }
    } catch {
      // Nobody can be told where nothing is taken; what waits is tried again.
      this.timer ??= setTimeout(() => this.tryAgain(), TRY_AGAIN_MS).unref();
    }
  }

  private tryAgain(): void {
    this.timer = undefined;
    this.flush();
  }
}
