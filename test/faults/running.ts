/** What was begun and has not ended. */
export class Running {
  private readonly begunMs = new Map<Promise<void>, number>();

  add(act: Promise<void>): void {
    const done = act.finally(() => this.begunMs.delete(done));
    this.begunMs.set(done, performance.now());
  }

  /** When the one that takes longest was begun; `Infinity` where there is none. */
  get oldestMs(): number {
    return Math.min(...this.begunMs.values());
  }

  /** Resolves when all have ended. */
  async end(): Promise<void> {
    await Promise.all(this.begunMs.keys());
  }
}
