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

/** The history of log-ins in SQLite. A refused attempt writes nothing. */
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
    const taken = await this.writer.ask('countGuess', name, budget, limits);
    // Other attempts may have used up the budget since the read.
    if ('waitMs' in taken) return { outcome: 'refused', isFamiliar, waitMs: taken.waitMs };
    return { outcome: 'counted', budget, isFamiliar, failures: taken.failures };
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
    const found = await this.reader.read((query) => query(BUDGET_SQL, name, budget).map(toGuessBudget)[0]);
    const taken = takeGuess(found, limits, Date.now());
    return 'waitMs' in taken ? taken.waitMs : 0;
  }
}
