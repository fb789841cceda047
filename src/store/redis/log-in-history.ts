import type {
  GuessCount,
  GuessLimits,
  LogInAttempt,
  LogInHistoryStore,
} from '../../accounts/guesses/log-in-history-store.ts';
import { GUESSES_KEPT, PLACES_KEPT, PLACES_KEPT_SECONDS } from '../../accounts/guesses/log-in-history-store.ts';
import type { RedisReader } from '../../redis/redis-client.ts';
import { LOGIN_SHARDS, loginKeys } from './layout.ts';

const PLACES_KEPT_MS = PLACES_KEPT_SECONDS * 1000;
const MAX_BUDGETS = Math.floor(GUESSES_KEPT / LOGIN_SHARDS);
/** How many budgets Redis looks at in one turn, so that others do not wait long. */
const LOOKED_AT = 1_000;

/** From where names logged in and how often they were guessed at, in Redis: one script for each act. */
export class RedisLogInHistory implements LogInHistoryStore {
  private readonly reads: RedisReader;

  /** @param reads what a decision may wait for: this does not stand behind a write that waits for replicas. */
  constructor(reads: RedisReader) {
    this.reads = reads;
  }

  async count(
    { name, place = '', device = '', countsStrangers }: LogInAttempt,
    { waitsMs, forgetAfterMs }: GuessLimits,
  ): Promise<GuessCount> {
    const { budgets, lastUses, places } = loginKeys(name);
    const strangers = countsStrangers ? '1' : '0';
    const bounds = [PLACES_KEPT_MS, MAX_BUDGETS, forgetAfterMs] as const;
    const [counted, familiar, budget, number] = await this.reads.ask(
      (client) =>
        client.sallyportCountGuess(budgets, lastUses, places, name, place, device, strangers, ...bounds, ...waitsMs),
      budgets,
    );
    const isFamiliar = familiar > 0;
    return counted > 0
      ? { outcome: 'counted', budget, isFamiliar, failures: number }
      : { outcome: 'refused', isFamiliar, waitMs: number };
  }

  async takeBack(name: string, budget: string, { waitsMs }: GuessLimits): Promise<void> {
    const { budgets, lastUses } = loginKeys(name);
    await this.reads.ask(
      (client) => client.sallyportTakeGuessBack(budgets, lastUses, name, budget, ...waitsMs),
      budgets,
    );
  }

  async remember(name: string, place: string): Promise<void> {
    const { places } = loginKeys(name);
    await this.reads.ask((client) => client.sallyportRememberPlace(places, place, PLACES_KEPT_MS, PLACES_KEPT), places);
  }

  async forgive(name: string): Promise<void> {
    const { budgets, lastUses } = loginKeys(name);
    let cursor = '0';
    do {
      const from = cursor;
      const [next, found] = await this.reads.ask(
        (client) => client.hscan(budgets, from, 'MATCH', `${name}:*`, 'COUNT', LOOKED_AT),
        budgets,
      );
      const fields = found.filter((_, index) => index % 2 === 0);
      if (fields.length > 0) {
        await this.reads.ask((client) => client.hdel(budgets, ...fields), budgets);
        await this.reads.ask((client) => client.zrem(lastUses, ...fields), lastUses);
      }
      cursor = next;
    } while (cursor !== '0');
  }
}
