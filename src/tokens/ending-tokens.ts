import { setImmediate } from 'node:timers/promises';
import type { Account } from '../accounts/account.ts';
import type { Clock } from '../core/ports.ts';
import { everyToken } from './every-token.ts';
import type { TokenFilter } from './token.ts';
import type { TokenView, TokenViews } from './token-views.ts';

const DAY_SECONDS = 86_400;
const IN_USE_SECONDS = 7 * DAY_SECONDS;

/** A client replaces a token by itself if the token is made for less than so many times the remaining time. */
const LIFE_FACTOR = 4;

/** Log-in tokens are always short. */
const USES = ['private', 'access'] as const;

/** The remaining times that are counted, each including the shorter ones. */
const HORIZONS = [
  { within: '1d', seconds: DAY_SECONDS },
  { within: '7d', seconds: 7 * DAY_SECONDS },
  { within: '30d', seconds: 30 * DAY_SECONDS },
] as const;

/** How many tokens of one kind are in use and end within a time. */
export interface EndingCount {
  readonly use: (typeof USES)[number];
  readonly within: (typeof HORIZONS)[number]['within'];
  readonly tokens: number;
}

export interface EndingTokensParts {
  readonly accounts: { list(): Promise<readonly Pick<Account, 'id'>[]> };
  readonly views: Pick<TokenViews, 'list'>;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/**
 * Counts the tokens of all accounts that are in use and end soon, by kind and remaining time. Reads page by page, and
 * lets other work run between two pages. Rejects if the store fails or the signal aborts it.
 */
export async function countEndingTokens(
  { accounts, views, clock }: EndingTokensParts,
  signal: AbortSignal,
): Promise<readonly EndingCount[]> {
  const nowSeconds = clock.wallMs() / 1_000;
  const filter: TokenFilter = { uses: USES, expireAfterSeconds: nowSeconds };
  const list: TokenViews['list'] = async (accountId, limit, after) => {
    await setImmediate(undefined, { signal });
    return await views.list(accountId, limit, after, filter);
  };
  const counts = USES.flatMap((use) => HORIZONS.map((horizon) => ({ ...horizon, use, tokens: 0 })));
  for (const { id } of await accounts.list()) {
    const createdAt = new Map<string, number>();
    // The newest first, so a token's successor comes before it.
    for await (const token of everyToken({ list }, id)) {
      createdAt.set(token.id, token.createdAtSeconds);
      if (!isInUse(token, nowSeconds, createdAt.get(token.successor ?? ''))) continue;
      for (const count of counts) {
        if (count.use === token.use && endsWithin(token, count.seconds, nowSeconds)) count.tokens += 1;
      }
    }
  }
  return counts.map(({ use, within, tokens }) => ({ use, within, tokens }));
}

/**
 * Whether the token is valid and was used in the last 7 days.
 *
 * @param replacedAtSeconds when its successor was made: uses before do not count.
 */
export function isInUse(
  { status, lastUsedAtSeconds }: TokenView,
  nowSeconds: number,
  replacedAtSeconds = Number.NEGATIVE_INFINITY,
): boolean {
  if (status !== 'active' || lastUsedAtSeconds === undefined) return false;
  return lastUsedAtSeconds > Math.max(nowSeconds - IN_USE_SECONDS, replacedAtSeconds);
}

/** Whether the token ends within a time and was made for much longer, so that its client may be surprised. */
export function endsWithin(token: TokenView, seconds: number, nowSeconds: number): boolean {
  const { createdAtSeconds, expiresAtSeconds, ending } = token;
  if (expiresAtSeconds - createdAtSeconds < LIFE_FACTOR * seconds) return false;
  const endsAtSeconds = Math.min(expiresAtSeconds, ending?.atSeconds ?? expiresAtSeconds);
  return endsAtSeconds - nowSeconds <= seconds;
}
