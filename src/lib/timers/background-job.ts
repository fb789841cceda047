import { setTimeout as wait } from 'node:timers/promises';

const RETRY_MS = 1_000;

/** Runs work once at a time, however often it is asked for. Work that fails is retried a second later. */
export class BackgroundJob {
  private readonly work: () => Promise<void>;
  private readonly pauseMs: number;
  private readonly ended = new AbortController();
  private asked: PromiseWithResolvers<void> | undefined;
  private isRunning = false;

  /** @param pauseMs a wait before each run, so that one run serves all calls that arrive meanwhile. */
  constructor(work: () => Promise<void>, pauseMs = 0) {
    this.work = work;
    this.pauseMs = pauseMs;
  }

  /** Resolves at the end of a run that begins after this call. Rejects if that run fails or the job has ended. */
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
    // A caller may ignore the promise; the failure is handled here.
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
