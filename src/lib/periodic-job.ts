const EVERY_MS = 60_000;

/** Writes once a minute what no request waits for, one write at a time. */
export class PeriodicJob {
  private readonly work: () => Promise<void>;
  private readonly failed: (error: unknown) => void;
  private readonly timer: NodeJS.Timeout;
  private running: Promise<void> | undefined;

  /**
   * @param work writes all that is new; what it did not write is new the next time.
   * @param failed told what it rejected with.
   */
  constructor(work: () => Promise<void>, failed: (error: unknown) => void) {
    this.work = work;
    this.failed = failed;
    this.timer = setInterval(() => void this.run(), EVERY_MS).unref();
  }

  /** Resolves once it was tried. */
  run(): Promise<void> {
    this.running ??= this.work()
      .catch(this.failed)
      .finally(() => (this.running = undefined));
    return this.running;
  }

  /** Writes what is left, and ends. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
    await this.run();
  }
}
