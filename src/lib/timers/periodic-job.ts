import { SingleFlight } from '../caches/single-flight.ts';
import { every } from './every.ts';

const MINUTE_MS = 60_000;

/** Does work again and again in the background, one run at a time. */
export class PeriodicJob {
  private readonly attempts: SingleFlight<void>;
  private readonly stop: () => void;

  /**
   * @param work should complete all that is open; what it leaves open is left to the next run.
   * @param failed told what `work` rejected with. Must not throw.
   * @param everyMs from one run to the next; a minute by default.
   */
  constructor(work: () => Promise<void>, failed: (error: unknown) => void, everyMs = MINUTE_MS) {
    this.attempts = new SingleFlight(() => work().catch(failed));
    this.stop = every(everyMs, () => void this.run());
  }

  /** Runs now, or joins the run that is under way. Resolves at its end; never rejects. */
  run(): Promise<void> {
    return this.attempts.run();
  }

  /** Stops, after one more run, which begins once a run that is under way has ended. */
  async close(): Promise<void> {
    this.stop();
    await this.attempts.running;
    await this.run();
  }
}
