import { setTimeout as wait } from 'node:timers/promises';

const RETRY_MS = 1_000;

/** Work that is done once at a time, however often it is asked for; where it fails, it is done again a second later. */
export class BackgroundJob {
  private readonly work: () => Promise<void>;
  private readonly pauseMs: number;
  private readonly ended = new AbortController();
  private asked: PromiseWithResolvers<void> | undefined;
  private isRunning = false;

  /** @param pauseMs to wait before each time, so that what is asked for meanwhile is done with it. */
  constructor(work: () => Promise<void>, pauseMs = 0) {
    this.work = work;
    this.pauseMs = pauseMs;
  }

  /** Resolves once the work was done from a moment after now on; rejects where that failed, and when the job has ended. */
  run(): Promise<void> {
    const { promise } = this.ask();
    if (!this.isRunning) void this.loop();
    return promise;
  }

  end(): void {
    this.ended.abort(new Error('ended'));
  }

  private ask(): PromiseWithResolvers<void> {
    this.asked ??= Promise.withResolvers<void>();
    // Whoever asked may not care; a failure is seen to here.
    this.asked.promise.catch(() => undefined);
    return this.asked;
  }

  private async loop(): Promise<void> {
    this.isRunning = true;
    while (this.asked !== undefined) await this.attempt(this.asked);
    this.isRunning = false;
  }

  private async attempt(asked: PromiseWithResolvers<void>): Promise<void> {
    const { signal } = this.ended;
    try {
      await this.pause(this.pauseMs);
      this.asked = undefined;
      signal.throwIfAborted();
      await this.work();
      asked.resolve();
    } catch (error) {
      asked.reject(error);
      await this.pause(RETRY_MS).then(
        () => this.ask(),
        (end: unknown) => this.giveUp(end),
      );
    }
  }

  private giveUp(end: unknown): void {
    this.asked?.reject(end);
    this.asked = undefined;
  }

  private async pause(ms: number): Promise<void> {
    const { signal } = this.ended;
    if (ms > 0) await wait(ms, undefined, { signal, ref: false });
  }
}
