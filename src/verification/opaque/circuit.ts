import type { Clock } from '../../core/ports.ts';
import { backOff } from '../../lib/back-off.ts';

/** After so many failures in a row a server is taken for down. */
const TRIPPING = 3;
/** How long a server that is down is left alone, at first and at most: doubled after each trial that fails. */
const REST = { firstMs: 1_000, longestMs: 10_000, jitter: 1 / 4 };

export interface CircuitParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** From 0 to below 1: how far a rest is shortened, so that instances do not try again at one moment. */
  readonly random: () => number;
}

/** A leave to ask: `trial` is the one question to a server that is taken for down. */
export type Leave = 'question' | 'trial';

/**
 * Keeps a server that is down from being asked by everybody: after a few failures in a row it rests, then one question
 * tries it, and either everything is as before, or it rests for longer.
 */
export class Circuit {
  /** How many questions failed since the last that went well. */
  failures = 0;
  private readonly parts: CircuitParts;
  private rests = 0;
  private restsUntilMs = Number.NEGATIVE_INFINITY;
  private isTrying = false;

  constructor(parts: CircuitParts) {
    this.parts = parts;
  }

  /** Whether the server is taken for down. */
  get isOpen(): boolean {
    return this.rests > 0;
  }

  /** Leave to ask now, which ends with {@link succeeded} or {@link failed}; `undefined` while the server rests. */
  leave(): Leave | undefined {
    if (!this.isOpen) return 'question';
    if (this.isTrying || this.parts.clock.monotonicMs() < this.restsUntilMs) return undefined;
    this.isTrying = true;
    return 'trial';
  }

  /** Returns whether the server was taken for down until now. */
  succeeded(): boolean {
    const wasDown = this.isOpen;
    this.failures = 0;
    this.rests = 0;
    this.isTrying = false;
    return wasDown;
  }

  /** Returns whether the server rests from now on; questions that were asked before it did change nothing. */
  failed(leave: Leave): boolean {
    this.failures += 1;
    if (leave === 'trial') this.isTrying = false;
    const rests = leave === 'trial' || (!this.isOpen && this.failures >= TRIPPING);
    if (rests) this.rest();
    return rests;
  }

  private rest(): void {
    const { clock, random } = this.parts;
    this.restsUntilMs = clock.monotonicMs() + backOff(REST, this.rests, random);
    this.rests += 1;
  }
}
