import type { GuessBudget } from '../../accounts/guesses/guess-budget.ts';
import { giveGuessBack, takeGuess } from '../../accounts/guesses/guess-budget.ts';
import type {
  GuessCount,
  GuessLimits,
  LogInAttempt,
  LogInHistoryStore,
} from '../../accounts/guesses/log-in-history-store.ts';
import { PLACES_KEPT, PLACES_KEPT_SECONDS, STRANGERS } from '../../accounts/guesses/log-in-history-store.ts';

/** More budgets than one process can fill, by comparing passwords, before the first failure is forgotten. */
const MAX_BUDGETS = 300_000;
const MAX_NAMES_WITH_PLACES = 100_000;

export interface MemoryLogInHistoryParts {
  /** Throws if the store is closed. */
  readonly check?: () => void;
  /** Unix milliseconds. */
  readonly nowMs?: () => number;
}

/** The log-in history of one process, in memory; also the fallback while the shared store fails. */
export class MemoryLogInHistory implements LogInHistoryStore {
  private readonly check: () => void;
  private readonly nowMs: () => number;
  /** By name, then by place: when a log-in last succeeded, in Unix milliseconds, oldest first. */
  private readonly places = new Map<string, Map<string, number>>();
  /** By name and budget, least recently used first. */
  private readonly budgets = new Map<string, GuessBudget>();

  constructor({ check = () => undefined, nowMs = Date.now }: MemoryLogInHistoryParts = {}) {
    this.check = check;
    this.nowMs = nowMs;
  }

  async count(attempt: LogInAttempt, limits: GuessLimits): Promise<GuessCount> {
    this.check();
    const familiar = this.familiarBudget(attempt);
    const isFamiliar = familiar !== undefined;
    if (!isFamiliar && !attempt.countsStrangers) return { outcome: 'refused', isFamiliar, waitMs: 0 };
    const budget = familiar ?? STRANGERS;
    const key = keyOf(attempt.name, budget);
    const taken = takeGuess(this.budgets.get(key), limits, this.nowMs());
    if ('waitMs' in taken) return { outcome: 'refused', isFamiliar, waitMs: taken.waitMs };
    this.put(key, taken);
    this.forget(limits);
    return { outcome: 'counted', budget, isFamiliar, failures: taken.failures };
  }

  async takeBack(name: string, budget: string, limits: GuessLimits): Promise<void> {
    this.check();
    const key = keyOf(name, budget);
    const existing = this.budgets.get(key);
    const left = existing && giveGuessBack(existing, limits);
    if (left === undefined) this.budgets.delete(key);
    else this.budgets.set(key, left);
  }

  async remember(name: string, place: string): Promise<void> {
    this.check();
    const ofName = this.places.get(name) ?? new Map<string, number>();
    putLast(ofName, place, this.nowMs());
    dropFirst(ofName, PLACES_KEPT);
    putLast(this.places, name, ofName);
    dropFirst(this.places, MAX_NAMES_WITH_PLACES);
  }

  async forgive(name: string): Promise<void> {
    this.check();
    for (const key of this.budgets.keys()) if (key.startsWith(keyOf(name, ''))) this.budgets.delete(key);
  }

  private familiarBudget({ name, place, device }: LogInAttempt): string | undefined {
    if (device !== undefined || place === undefined) return device;
    const lastMs = this.places.get(name)?.get(place) ?? Number.NEGATIVE_INFINITY;
    return lastMs > this.nowMs() - PLACES_KEPT_SECONDS * 1000 ? place : undefined;
  }

  private put(key: string, budget: GuessBudget): void {
    putLast(this.budgets, key, budget);
    dropFirst(this.budgets, MAX_BUDGETS);
  }

  /** Deletes up to two expired budgets; each attempt adds one at most. */
  private forget({ forgetAfterMs }: GuessLimits): void {
    for (const [key, { lastAtMs }] of this.budgets.entries().take(2)) {
      if (lastAtMs + forgetAfterMs <= this.nowMs()) this.budgets.delete(key);
    }
  }
}

function keyOf(name: string, budget: string): string {
  return `${name}:${budget}`;
}

function putLast<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
}

function dropFirst(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys().take(map.size - Math.min(map.size, max))) map.delete(key);
}
