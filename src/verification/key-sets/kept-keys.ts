import type { Clock } from '../../core/ports.ts';
import type { Timers } from '../../lib/clock.ts';
import type { PublishedKey } from './published-keys.ts';

export interface KeptKeysParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  /** Told when keys became too old. Must not throw. */
  readonly outdated: () => void;
  /** How long keys count after their issuer was last known to publish them, in milliseconds. */
  readonly maxStaleMs: number;
}

/** What one set of keys has that the one before did not, and the reverse. */
export interface KeyChanges {
  readonly added: readonly PublishedKey[];
  readonly dropped: readonly PublishedKey[];
}

/** The last good keys of an issuer, in force until others replace them or they become too old. */
export class KeptKeys {
  private readonly parts: KeptKeysParts;
  private maxStaleMs: number;
  private keys: readonly PublishedKey[] = [];
  private asOfMs = Number.NEGATIVE_INFINITY;
  private callOff: () => void = () => undefined;

  constructor(parts: KeptKeysParts) {
    this.parts = parts;
    this.maxStaleMs = parts.maxStaleMs;
  }

  /** Those in force now; none before the first, and none that are too old. */
  current(): readonly PublishedKey[] {
    if (this.keys.length > 0 && !this.isRecent(this.asOfMs)) this.expire();
    return this.keys;
  }

  /** Milliseconds since the keys in force were last known to be published; `undefined` where none are in force. */
  ageMs(): number | undefined {
    return this.current().length === 0 ? undefined : this.parts.clock.monotonicMs() - this.asOfMs;
  }

  /** Whether what was so at this monotonic moment still counts. */
  isRecent(atMs: number): boolean {
    return this.parts.clock.monotonicMs() - atMs < this.maxStaleMs;
  }

  /**
   * Puts these in force, as they were published at the monotonic moment `asOfMs`. A key that was in force stays the
   * same object, so that what it verified stays verified; one that is not among them ends.
   */
  replace(keys: readonly PublishedKey[], asOfMs: number): KeyChanges {
    const former = new Map(this.current().map((key) => [key.spelling, key]));
    this.keys = keys.map((key) => former.get(key.spelling) ?? key);
    this.asOfMs = asOfMs;
    const current = new Set(this.keys);
    const dropped = [...former.values()].filter((key) => !current.has(key));
    for (const key of dropped) key.inForce.inForce = false;
    this.watchAge();
    return { added: this.keys.filter(({ spelling }) => !former.has(spelling)), dropped };
  }

  /** Another limit from now on. */
  keepFor(maxStaleMs: number): void {
    this.maxStaleMs = maxStaleMs;
    if (this.keys.length > 0) this.watchAge();
  }

  /** Stops watching their age: nobody asks any more. */
  close(): void {
    this.callOff();
  }

  /** Known tokens are decided without asking here, so their keys must end by themselves. */
  private watchAge(): void {
    this.callOff();
    const leftMs = Math.max(0, this.asOfMs + this.maxStaleMs - this.parts.clock.monotonicMs());
    this.callOff = this.parts.timers.after(leftMs, () => this.expireOrWatch());
  }

  /** A timer may be early by a fraction of a millisecond. */
  private expireOrWatch(): void {
    if (this.current().length > 0) this.watchAge();
  }

  private expire(): void {
    this.callOff();
    for (const key of this.keys) key.inForce.inForce = false;
    this.keys = [];
    this.parts.outdated();
  }
}
