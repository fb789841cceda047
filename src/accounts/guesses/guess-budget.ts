import type { GuessLimits } from './log-in-history-store.ts';

/** The state of one budget. */
export interface GuessBudget {
  readonly failures: number;
  /** When the next guess is allowed, in Unix milliseconds. */
  readonly nextAtMs: number;
  /** When the last failure happened, in Unix milliseconds. */
  readonly lastAtMs: number;
}

/** Returns the budget after one more failure, or the time until one more guess is allowed. */
export function takeGuess(
  existing: GuessBudget | undefined,
  { waitsMs, forgetAfterMs }: GuessLimits,
  nowMs: number,
): GuessBudget | { readonly waitMs: number } {
  const longestMs = Math.max(...waitsMs);
  // A last failure far in the future was written before the clock was set back; a client must not wait for it.
  const isAhead = existing !== undefined && existing.lastAtMs > nowMs + longestMs;
  const isCurrent = existing !== undefined && !isAhead && existing.lastAtMs + forgetAfterMs > nowMs;
  const waitMs = isCurrent ? Math.min(existing.nextAtMs - nowMs, longestMs) : 0;
  if (waitMs > 0) return { waitMs };
  const failures = (isCurrent ? existing.failures : 0) + 1;
  return { failures, nextAtMs: nowMs + waitAfter(failures, waitsMs), lastAtMs: nowMs };
}

/** Returns the budget without its last failure; `undefined` if no failure is left. */
export function giveGuessBack(
  { failures, nextAtMs, lastAtMs }: GuessBudget,
  { waitsMs }: GuessLimits,
): GuessBudget | undefined {
  if (failures <= 1) return undefined;
  return { failures: failures - 1, nextAtMs: nextAtMs - waitAfter(failures, waitsMs), lastAtMs };
}

function waitAfter(failures: number, waitsMs: readonly number[]): number {
  return waitsMs[Math.min(failures, waitsMs.length) - 1] ?? 0;
}
