import type { Clock } from '../core/ports.ts';
import { backOff } from '../lib/timers/back-off.ts';

/** The failures in a row after which a server is considered down. */
const FAILURES_TO_OPEN = 3;
/** How long a server that is down receives no requests. The pause doubles after each failed trial. */
const PAUSE = { firstMs: 1_000, longestMs: 10_000, jitter: 1 / 4 };

export interface CircuitParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** From 0 to below 1: how far a pause is shortened, so that instances do not retry at the same time. */
  readonly random: () => number;
}

/** Permission to send a request: `trial` is the only request to a server that is considered down. */
export type Permit = 'request' | 'trial';

/**
 * A circuit breaker in front of a server. After a few failures in a row it opens: the server receives no requests for a
 * pause, then a single trial. A successful trial closes the circuit, a failed one starts a longer pause.
 */
export class Circuit {
  /** The failed requests since the last successful one. */
  failures = 0;
  private readonly parts: CircuitParts;
  private pauses = 0;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private isTrying = false;

  constructor(parts: CircuitParts) {
    this.parts = parts;
  }

  /** Whether the server is considered down. */
  get isOpen(): boolean {
    return this.pauses > 0;
  }

  /**
   * Returns a permit for one request, to be ended with {@link succeeded} or {@link failed}; `undefined` if none may be
   * sent now.
   */
  permit(): Permit | undefined {
    if (!this.isOpen) return 'request';
    if (this.isTrying || this.parts.clock.monotonicMs() < this.pausedUntilMs) return undefined;
    this.isTrying = true;
    return 'trial';
  }

  /** Closes the circuit. Returns whether it was open. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.failures = 0;
    this.pauses = 0;
    this.isTrying = false;
    return wasOpen;
  }

  /** Returns whether this failure starts a pause. Requests that were sent before the circuit opened do not. */
  failed(permit: Permit): boolean {
    this.failures += 1;
    if (permit === 'trial') this.isTrying = false;
    const pauses = permit === 'trial' || (!this.isOpen && this.failures >= FAILURES_TO_OPEN);
    if (pauses) this.pause();
    return pauses;
  }

  private pause(): void {
    const { clock, random } = this.parts;
    this.pausedUntilMs = clock.monotonicMs() + backOff(PAUSE, this.pauses, random);
    this.pauses += 1;
  }
}
