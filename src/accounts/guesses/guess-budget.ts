import type { GuessLimits } from './log-in-history-store.ts';

/** What is left of one budget, in Unix milliseconds. */
export interface GuessBudget {
  readonly failures: number;
  readonly nextAtMs: number;
  readonly lastAtMs: number;
}

/** The budget after one more failure, or how long that has to wait. */
export function takeGuess(
  standing: GuessBudget | undefined,
  { waitsMs, forgetAfterMs }: GuessLimits,
  nowMs: number,
): GuessBudget | { readonly waitMs: number } {
  const longestMs = Math.max(...waitsMs);
  // A last failure that is far ahead was written before the clock was set back: nobody waits for the clock to catch up.
  const isAhead = standing !== undefined && standing.lastAtMs > nowMs + longestMs;
  const counts = standing !== undefined && !isAhead && standing.lastAtMs + forgetAfterMs > nowMs;
  const waitMs = counts ? Math.min(standing.nextAtMs - nowMs, longestMs) : 0;
  if (waitMs > 0) return { waitMs };
  const failures = (counts ? standing.failures : 0) + 1;
  return { failures, nextAtMs: nowMs + waitAfter(failures, waitsMs), lastAtMs: nowMs };
}

/** The budget without its last failure; `undefined` where none is left. */
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
