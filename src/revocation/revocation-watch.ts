import type { Instant } from '../core/request.ts';

/** Why a watcher must forget every answer that it keeps. */
export type ResetReason =
  /** Changes may have been missed, or the set was lost. */
  | 'changes missed'
  /** More changes were waiting for the watcher than are held for it. */
  | 'too many changes'
  /** Another configuration, or other keys: the same request may get another answer. */
  | 'answers changed';

/** What a watcher receives. */
export type WatchMessage =
  /** Answers that rest on these entries must be asked for again. */
  | { readonly kind: 'changed'; readonly keys: readonly string[] }
  | { readonly kind: 'reset'; readonly reason: ResetReason }
  | Beat
  /** There will be no further message. */
  | { readonly kind: 'end' };

/**
 * Every revocation that was acknowledged at least `ageMs` before this beat was made has been reported, and the beat was
 * made `elapsedMs` after the watcher's request arrived.
 */
export interface Beat {
  readonly kind: 'beat';
  /** Whole milliseconds, rounded down. */
  readonly elapsedMs: number;
  /** Whole milliseconds, rounded up. */
  readonly ageMs: number;
  readonly maxStalenessMs: number;
  /** How long the watch will go on, in whole milliseconds. */
  readonly endsInMs: number;
}

/** What the feed vouches for now; `undefined` if for nothing. */
export type Voucher = () => { readonly ageMs: number; readonly maxStalenessMs: number } | undefined;

/** How many keys are held for a watcher that does not read. The strings are shared by all watchers. */
export const MAX_WAITING = 4_096;
/** How many keys one message has at most. */
const MESSAGE_KEYS = 512;

/**
 * What waits for one watcher, at most {@link MAX_WAITING} keys. A message is made when it is taken, so that a beat says
 * how things are then, and every change that was reported before it comes before it.
 */
export class RevocationWatch {
  private readonly began: Instant;
  private readonly voucher: Voucher;
  private readonly keys = new Set<string>();
  private reset: ResetReason | undefined;
  private isBeatDue = true;
  private endsAtMs: number;

  /** @param began when the watcher's request arrived. @param lifeMs how long the watch goes on. */
  constructor(began: Instant, lifeMs: number, voucher: Voucher) {
    this.began = began;
    this.voucher = voucher;
    this.endsAtMs = began.monotonicMs + lifeMs;
  }

  /** Has these entries reported. A reset that waits stands for them, too. */
  changed(keys: readonly string[]): void {
    if (this.reset !== undefined) return;
    for (const key of keys) this.keys.add(key);
    if (this.keys.size > MAX_WAITING) this.forget('too many changes');
  }

  /** Has the watcher forget all that it keeps. */
  forget(reason: ResetReason): void {
    this.keys.clear();
    this.reset ??= reason;
  }

  /** Has a beat made, as soon as the watcher reads. */
  beat(): void {
    this.isBeatDue = true;
  }

  /** Ends the watch `laterMs` from now, if it would not end sooner. */
  endAfter(laterMs: number, now: Instant): void {
    this.endsAtMs = Math.min(this.endsAtMs, now.monotonicMs + laterMs);
    this.isBeatDue = true;
  }

  /** Whether its time is over. */
  isPast({ monotonicMs }: Instant): boolean {
    return monotonicMs >= this.endsAtMs;
  }

  /** Returns the next message, if there is one now: first a reset, then changes, then a beat. */
  take(now: Instant): WatchMessage | undefined {
    const { reset } = this;
    if (reset !== undefined) {
      this.reset = undefined;
      return { kind: 'reset', reason: reset };
    }
    if (this.keys.size > 0) return { kind: 'changed', keys: this.takeKeys() };
    if (this.isPast(now)) return { kind: 'end' };
    return this.isBeatDue ? this.takeBeat(now) : undefined;
  }

  private takeKeys(): readonly string[] {
    const keys = [...this.keys.values().take(MESSAGE_KEYS)];
    for (const key of keys) this.keys.delete(key);
    return keys;
  }

  private takeBeat({ monotonicMs }: Instant): Beat | undefined {
    this.isBeatDue = false;
    const voucher = this.voucher();
    if (voucher === undefined) return undefined;
    return {
      kind: 'beat',
      // By the monotonic clock alone: if it stands still while the machine is suspended, the watcher learns of less.
      elapsedMs: Math.floor(monotonicMs - this.began.monotonicMs),
      ageMs: Math.ceil(voucher.ageMs),
      maxStalenessMs: voucher.maxStalenessMs,
      endsInMs: Math.ceil(this.endsAtMs - monotonicMs),
    };
  }
}
