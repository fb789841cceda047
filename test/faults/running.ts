/** The calls that have not finished. */
export class Running {
  private readonly begunMs = new Map<Promise<void>, number>();

  add(act: Promise<void>): void {
    const done = act.finally(() => this.begunMs.delete(done));
    this.begunMs.set(done, performance.now());
  }

  /** When the oldest of them began; `Infinity` without one. */
  get oldestMs(): number {
    return Math.min(...this.begunMs.values());
  }

  /** Resolves once all have finished. */
  async end(): Promise<void> {
    await Promise.all(this.begunMs.keys());
  }
}
