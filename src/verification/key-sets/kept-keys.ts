import type { Clock } from '../../core/ports.ts';
import type { Timers } from '../../lib/clock.ts';
import type { PublishedKey } from './published-keys.ts';

export interface KeptKeysParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  /** Called when keys have ceased to be in force, for whatever reason. Must not throw. */
  readonly ended: () => void;
  /** Called when the keys have become too old. Must not throw. */
  readonly outdated: () => void;
  /** How long keys stay in force after their issuer was last known to publish them, in milliseconds. */
  readonly maxStaleMs: number;
}

/** The difference between two successive sets of keys. */
export interface KeyChanges {
  readonly added: readonly PublishedKey[];
  readonly dropped: readonly PublishedKey[];
}

/** The last good keys of an issuer. They stay in force until others replace them or they become too old. */
export class KeptKeys {
  private readonly parts: KeptKeysParts;
  /** How long keys stay in force after their issuer was last known to publish them, in milliseconds. */
  maxStaleMs: number;
  private keys: readonly PublishedKey[] = [];
  private asOfMs = Number.NEGATIVE_INFINITY;
  private cancelTimer: () => void = () => undefined;

  constructor(parts: KeptKeysParts) {
    this.parts = parts;
    this.maxStaleMs = parts.maxStaleMs;
  }

  /** Returns the keys in force now; none before the first {@link replace}, and none that are too old. */
  current(): readonly PublishedKey[] {
    if (this.keys.length > 0 && !this.isRecent(this.asOfMs)) this.expire();
    return this.keys;
  }

  /** Milliseconds since the keys in force were last known to be published; `undefined` if none are in force. */
  ageMs(): number | undefined {
    return this.current().length === 0 ? undefined : this.parts.clock.monotonicMs() - this.asOfMs;
  }

  /** Whether keys that were published at this monotonic time are still in force. */
  isRecent(atMs: number): boolean {
    return this.parts.clock.monotonicMs() - atMs < this.maxStaleMs;
  }

  /**
   * Puts these keys in force, as published at the monotonic time `asOfMs`. A key that was in force before stays the
   * same object, so that tokens it verified stay verified. Keys that are not in the new set cease to be in force.
   */
  replace(keys: readonly PublishedKey[], asOfMs: number): KeyChanges {
    const former = new Map(this.current().map((key) => [key.spelling, key]));
    this.keys = keys.map((key) => former.get(key.spelling) ?? key);
    this.asOfMs = asOfMs;
    const current = new Set(this.keys);
    const dropped = [...former.values()].filter((key) => !current.has(key));
    this.end(dropped);
    this.watchAge();
    return { added: this.keys.filter(({ spelling }) => !former.has(spelling)), dropped };
  }

  /** Changes the limit on the age of keys, in milliseconds. */
  keepFor(maxStaleMs: number): void {
    this.maxStaleMs = maxStaleMs;
    if (this.keys.length > 0) this.watchAge();
  }

  /** Stops the timer that watches the age of the keys. */
  close(): void {
    this.cancelTimer();
  }

  /** Decisions on cached tokens do not call {@link current}, so a timer must take old keys out of force. */
  private watchAge(): void {
    this.cancelTimer();
    const leftMs = Math.max(0, this.asOfMs + this.maxStaleMs - this.parts.clock.monotonicMs());
    this.cancelTimer = this.parts.timers.after(leftMs, () => this.expireOrWatch());
  }

  /** A timer may fire a fraction of a millisecond early. */
  private expireOrWatch(): void {
    if (this.current().length > 0) this.watchAge();
  }

  private expire(): void {
    this.cancelTimer();
    this.end(this.keys);
    this.keys = [];
    this.parts.outdated();
  }

  private end(keys: readonly PublishedKey[]): void {
    for (const key of keys) key.inForce.inForce = false;
    if (keys.length > 0) this.parts.ended();
  }
}
