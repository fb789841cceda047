import type {
  GuessCount,
  GuessLimits,
  LogInAttempt,
  LogInHistoryStore,
} from '../../accounts/guesses/log-in-history-store.ts';
import { GUESSES_KEPT, PLACES_KEPT, PLACES_KEPT_SECONDS } from '../../accounts/guesses/log-in-history-store.ts';
import type { RedisReader } from '../../redis/redis-client.ts';
import { LOGIN_SHARDS, loginKeys } from './layout.ts';
import { toList, toNumber, toScanned, toText } from './replies.ts';

const PLACES_KEPT_MS = PLACES_KEPT_SECONDS * 1000;
const MAX_BUDGETS = Math.floor(GUESSES_KEPT / LOGIN_SHARDS);
/** How many budgets Redis looks at in one turn, so that other clients do not wait long. */
const LOOKED_AT = 1_000;

/** In Redis, from where each name logged in and how many guesses failed. One script for each act. */
export class RedisLogInHistory implements LogInHistoryStore {
  private readonly reads: RedisReader;

  /** @param reads the connection for decisions: a write that waits for replicas does not delay it. */
  constructor(reads: RedisReader) {
    this.reads = reads;
  }

  async count(
    { name, place = '', device = '', countsStrangers }: LogInAttempt,
    { waitsMs, forgetAfterMs }: GuessLimits,
  ): Promise<GuessCount> {
    const { budgets, lastUses, places } = loginKeys(name);
    const strangers = countsStrangers ? '1' : '0';
    const reply = await this.reads.ask({
      script: 'log-in-history/count-guess',
      keys: [budgets, lastUses, places],
      args: [name, place, device, strangers, PLACES_KEPT_MS, MAX_BUDGETS, forgetAfterMs, ...waitsMs],
    });
    const [counted, familiar, budget, failuresOrWaitMs] = toList(reply);
    const isFamiliar = toNumber(familiar) > 0;
    return toNumber(counted) > 0
      ? { outcome: 'counted', budget: toText(budget), isFamiliar, failures: toNumber(failuresOrWaitMs) }
      : { outcome: 'refused', isFamiliar, waitMs: toNumber(failuresOrWaitMs) };
  }

  async takeBack(name: string, budget: string, { waitsMs }: GuessLimits): Promise<void> {
    const { budgets, lastUses } = loginKeys(name);
    const args = [name, budget, ...waitsMs];
    await this.reads.ask({ script: 'log-in-history/take-guess-back', keys: [budgets, lastUses], args });
  }

  async remember(name: string, place: string): Promise<void> {
    const { places } = loginKeys(name);
    const args = [place, PLACES_KEPT_MS, PLACES_KEPT];
    await this.reads.ask({ script: 'log-in-history/remember-place', keys: [places], args });
  }

  async forgive(name: string): Promise<void> {
    const { budgets, lastUses } = loginKeys(name);
    let cursor = '0';
    do {
      const reply = await this.reads.ask(['hscan', budgets, cursor, 'MATCH', `${name}:*`, 'COUNT', LOOKED_AT]);
      const [next, found] = toScanned(reply);
      const fields = found.map(([field]) => field);
      if (fields.length > 0) {
        await this.reads.ask(['hdel', budgets, ...fields]);
        await this.reads.ask(['zrem', lastUses, ...fields]);
      }
      cursor = next;
    } while (cursor !== '0');
  }
}
