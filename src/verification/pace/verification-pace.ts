import { addressBlock } from '../../accounts/guesses/address-block.ts';
import type { Clock } from '../../core/ports.ts';
import type { ClientAddress } from '../../core/request.ts';
import { FairQueue } from './fair-queue.ts';

/** Verifications begin for so long in one turn of the event loop: another decision waits no longer than that. */
const TURN_MS = 0.25;

export interface VerificationPaceParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Whether another verification can begin; once it can again, `resume` must be called. */
  readonly hasRoom: () => boolean;
  /** Runs something after the input and output of this turn of the event loop. `setImmediate` by default. */
  readonly nextTurn?: (run: () => void) => void;
  /** Runs something after what is due in this turn already, as the rest of a decision is. `queueMicrotask` by default. */
  readonly afterwards?: (run: () => void) => void;
  /** Runs something so many milliseconds later. `setTimeout` by default. */
  readonly later?: (run: () => void, ms: number) => void;
}

/** A verification that waits. */
interface Waiting {
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
  private readonly parts: Required<VerificationPaceParts>;
  private readonly queue = new FairQueue<Waiting>();
  /** What goes on once a thread has answered, in front of all that waits to begin. */
  private ready: (() => void)[] = [];
  /** When this turn began to verify; `undefined` if it has not, and no turn is to come. */
  private turnBeganMs: number | undefined;
  private isTimed = false;

  constructor(parts: VerificationPaceParts) {
    this.parts = { nextTurn: setImmediate, afterwards: queueMicrotask, later: setTimeout, ...parts };
  }

  /** How many verifications wait. */
  get waiting(): number {
    return this.queue.size;
  }

  /**
   * Verifies, now or when it is the client's turn. Returns or resolves to what `begin` does; to what `giveUp` does if that
   * cannot begin in time, or if too many wait. Rejects with them.
   *
   * @param client the client's address, if it is known.
   * @param waitMs how long it may wait to begin, in milliseconds.
   */
  run<Result>(
    begin: () => Result | Promise<Result>,
    giveUp: () => Result | Promise<Result>,
    client: ClientAddress | undefined,
    waitMs: number,
  ): Result | Promise<Result> {
    if (this.queue.size === 0 && this.ready.length === 0 && this.mayBegin()) return begin();
    const untilMs = this.parts.clock.monotonicMs() + waitMs;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const settle = (work: () => Result | Promise<Result>) => (): void => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    };
    const item = { untilMs, begin: settle(begin), giveUp: settle(giveUp) };
    if (!this.queue.add(addressBlock(client?.() ?? ''), item)) return giveUp();
    this.watch(waitMs);
    this.resume();
    return promise;
  }

  /** Goes on with a verification in one of the next turns, within their time. */
  goOn(work: () => void): void {
    this.ready.push(work);
    this.resume();
  }

  /** Continues when there is room again. */
  resume(): void {
    if (this.turnBeganMs !== undefined || !this.hasWork()) return;
    this.turnBeganMs = Number.NEGATIVE_INFINITY;
    this.parts.nextTurn(() => this.turn());
  }

  private hasWork(): boolean {
    return this.ready.length > 0 || (this.queue.size > 0 && this.parts.hasRoom());
  }

  private mayBegin(): boolean {
    if (!this.parts.hasRoom()) return false;
    const nowMs = this.parts.clock.monotonicMs();
    if (this.turnBeganMs === undefined) {
      this.turnBeganMs = nowMs;
      this.parts.nextTurn(() => this.turn());
      return true;
    }
    return nowMs - this.turnBeganMs < TURN_MS;
  }

  private turn(): void {
    this.turnBeganMs = this.parts.clock.monotonicMs();
    this.step(this.turnBeganMs);
  }

  /** Each verification is followed by the rest of its decision, which counts as much, before the next one begins. */
  private step(beganMs: number): void {
    const { clock, afterwards } = this.parts;
    const nowMs = clock.monotonicMs();
    if (nowMs - beganMs >= TURN_MS || !this.hasWork()) {
      this.turnBeganMs = undefined;
      this.resume();
      return;
    }
    const goOn = this.ready.shift();
    if (goOn === undefined) this.begin(nowMs);
    else goOn();
    afterwards(() => this.step(beganMs));
  }

  private begin(nowMs: number): void {
    const next = this.queue.take();
    if (next !== undefined && nowMs < next.untilMs) next.begin();
    else next?.giveUp();
  }

  /** What waits is given up in time, also if no turn comes because there is no room. */
  private watch(ms: number): void {
    if (this.isTimed) return;
    this.isTimed = true;
    this.parts.later(() => this.giveUpLate(), ms);
  }

  private giveUpLate(): void {
    this.isTimed = false;
    const nowMs = this.parts.clock.monotonicMs();
    for (const { giveUp } of this.queue.remove(({ untilMs }) => untilMs <= nowMs)) this.goOn(giveUp);
    const untilMs = Math.min(...[...this.queue].map((item) => item.untilMs));
    if (this.queue.size > 0) this.watch(untilMs - nowMs);
  }
}
