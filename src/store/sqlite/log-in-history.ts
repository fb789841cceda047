import { takeGuess } from '../../accounts/guesses/guess-budget.ts';
import type {
  GuessCount,
  GuessLimits,
  LogInAttempt,
  LogInHistoryStore,
} from '../../accounts/guesses/log-in-history-store.ts';
import { PLACES_KEPT_SECONDS, STRANGERS } from '../../accounts/guesses/log-in-history-store.ts';
import type { Reader } from './database/reader.ts';
import { BUDGET_SQL, toGuessBudget } from './writer/log-in-history-writes.ts';
import type { Writer } from './writer/writer.ts';

/** From where names logged in and how often they were guessed at, in SQLite. What is refused writes nothing. */
export class SqliteLogInHistory implements LogInHistoryStore {
  private readonly reader: Reader;
  private readonly writer: Writer;

  constructor(reader: Reader, writer: Writer) {
    this.reader = reader;
    this.writer = writer;
  }

  async count(attempt: LogInAttempt, limits: GuessLimits): Promise<GuessCount> {
    const { name, countsStrangers } = attempt;
    const familiar = attempt.device ?? (await this.familiarPlace(attempt));
    const isFamiliar = familiar !== undefined;
    if (!isFamiliar && !countsStrangers) return { outcome: 'refused', isFamiliar, waitMs: 0 };
    const budget = familiar ?? STRANGERS;
    const waitMs = await this.waitMs(name, budget, limits);
    if (waitMs > 0) return { outcome: 'refused', isFamiliar, waitMs };
    if (await this.writer.ask('countGuess', name, budget, limits)) {
      const failures = (await this.find(name, budget))?.failures ?? 1;
      return { outcome: 'counted', budget, isFamiliar, failures };
    }
    // Others were first.
    return { outcome: 'refused', isFamiliar, waitMs: await this.waitMs(name, budget, limits) };
  }

  async takeBack(name: string, budget: string, limits: GuessLimits): Promise<void> {
    await this.writer.ask('takeGuessBack', name, budget, limits);
  }

  async remember(name: string, place: string): Promise<void> {
    await this.writer.ask('rememberPlace', name, place);
  }

  async forgive(name: string): Promise<void> {
    await this.writer.ask('forgiveGuesses', name);
  }

  private async familiarPlace({ name, place }: LogInAttempt): Promise<string | undefined> {
    if (place === undefined) return undefined;
    const sql = 'SELECT 1 FROM login_place WHERE name = ? AND place = ? AND last_at > ?';
    const sinceSeconds = Date.now() / 1000 - PLACES_KEPT_SECONDS;
    const found = await this.reader.read((query) => query(sql, name, place, sinceSeconds));
    return found.length > 0 ? place : undefined;
  }

  private async waitMs(name: string, budget: string, limits: GuessLimits): Promise<number> {
    const taken = takeGuess(await this.find(name, budget), limits, Date.now());
    return 'waitMs' in taken ? taken.waitMs : 0;
  }

  private async find(name: string, budget: string) {
    return await this.reader.read((query) => query(BUDGET_SQL, name, budget).map(toGuessBudget)[0]);
  }
}
