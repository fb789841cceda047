import { addressBlock } from '../../accounts/guesses/address-block.ts';
import type { Clock } from '../../core/ports.ts';
import type { ClientAddress } from '../../core/request.ts';
import { FairQueue } from './fair-queue.ts';

/** Verifications begin for so long in one turn of the event loop: another decision waits no longer than that. */
const TURN_MS = 0.5;

export interface VerificationPaceParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Whether another verification can begin; once it can again, `resume` must be called. */
  readonly hasRoom: () => boolean;
  /** Runs something after the input and output of this turn of the event loop. `setImmediate` by default. */
  readonly nextTurn?: (run: () => void) => void;
}

interface Waiting {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly begin: () => void;
  readonly giveUp: () => void;
}

/**
 * The pace of verifications that cost CPU time. They begin at once while there is time in this turn of the event loop;
 * others wait, so that known tokens are decided meanwhile. The address blocks of clients take turns: a flood of tokens
 * from one of them does not keep out the tokens of others.
 */
export class VerificationPace {
  private readonly parts: VerificationPaceParts;
  private readonly nextTurn: (run: () => void) => void;
  private readonly queue = new FairQueue<Waiting>();
  /** When this turn began to verify; `undefined` if it has not, and no turn is to come. */
  private turnBeganMs: number | undefined;

  constructor(parts: VerificationPaceParts) {
    this.parts = parts;
    this.nextTurn = parts.nextTurn ?? setImmediate;
  }

  /** How many verifications wait. */
  get waiting(): number {
    return this.queue.size;
  }

  /**
   * Verifies, now or when it is the client's turn. Returns or resolves to what `verify` does; `overload` if that does not
   * begin in time, or if too many wait. Rejects with it.
   *
   * @param client the client's address, if it is known.
   * @param waitMs how long it may wait to begin, in milliseconds.
   */
  run<Result>(
    verify: () => Result | Promise<Result>,
    client: ClientAddress | undefined,
    waitMs: number,
  ): Result | 'overload' | Promise<Result | 'overload'> {
    if (this.queue.size === 0 && this.mayBegin()) return verify();
    const { promise, resolve, reject } = Promise.withResolvers<Result | 'overload'>();
    const sinceMs = this.parts.clock.monotonicMs();
    const begin = (): void => {
      try {
        resolve(verify());
      } catch (error) {
        reject(error);
      }
    };
    const item = { sinceMs, untilMs: sinceMs + waitMs, begin, giveUp: () => resolve('overload') };
    if (!this.queue.add(addressBlock(client?.() ?? ''), item)) return 'overload';
    this.resume();
    return promise;
  }

  /** Continues when there is room again. */
  resume(): void {
    if (this.turnBeganMs !== undefined || this.queue.size === 0) return;
    this.turnBeganMs = Number.NEGATIVE_INFINITY;
    this.nextTurn(() => this.turn());
  }

  private mayBegin(): boolean {
    if (!this.parts.hasRoom()) return false;
    const nowMs = this.parts.clock.monotonicMs();
    if (this.turnBeganMs === undefined) {
      this.turnBeganMs = nowMs;
      this.nextTurn(() => this.turn());
      return true;
    }
    return nowMs - this.turnBeganMs < TURN_MS;
  }

  private turn(): void {
    const { clock, hasRoom } = this.parts;
    this.turnBeganMs = undefined;
    const beganMs = clock.monotonicMs();
    for (
      let nowMs = beganMs;
      nowMs - beganMs < TURN_MS && this.queue.size > 0 && hasRoom();
      nowMs = clock.monotonicMs()
    ) {
      const next = this.queue.take();
      if (next !== undefined && nowMs < next.untilMs) next.begin();
      else next?.giveUp();
    }
    if (hasRoom()) this.resume();
  }
}
