import { SingleFlight } from '../lib/caches/single-flight.ts';
import { every } from '../lib/timers/every.ts';
import type { EndingCount, EndingTokensParts } from './ending-tokens.ts';
import { countEndingTokens } from './ending-tokens.ts';

const HOUR_MS = 3_600_000;

/** Counts the tokens that end soon once an hour, because that reads all tokens. */
export class EndingTokensCount {
  /** The last complete count; empty before the first one. */
  counts: readonly EndingCount[] = [];
  private readonly ended = new AbortController();
  private readonly runs: SingleFlight<void>;
  private readonly stop: () => void;

  /** @param failed told why a count failed. The former one stays. Must not throw. */
  constructor(parts: EndingTokensParts, failed: (error: unknown) => void) {
    const { signal } = this.ended;
    this.runs = new SingleFlight(async () => {
      try {
        this.counts = await countEndingTokens(parts, signal);
      } catch (error) {
        if (!signal.aborted) failed(error);
      }
    });
    this.stop = every(HOUR_MS, () => void this.run());
  }

  /** Counts now, or joins the count that is under way. Never rejects. */
  run(): Promise<void> {
    return this.runs.run();
  }

  /** Stops. A count that is under way is broken off. */
  async close(): Promise<void> {
    this.stop();
    this.ended.abort();
    await this.runs.running;
  }
}
