import { endsWithin, isInUse } from './ending-tokens.ts';
import type { TokenView } from './token-views.ts';

const DAY_SECONDS = 86_400;
const LONG_DAYS = 90;
const UNUSED_DAYS = 30;
const ENDING_DAYS = 7;

/** Returns the reasons, in words, why an operator should review a token; none for a token that has ended. */
export function risksOf(token: TokenView, nowSeconds: number): readonly string[] {
  if (token.status !== 'active') return [];
  const { use, scopes, createdAtSeconds, expiresAtSeconds, lastUsedAtSeconds } = token;
  // Each refresh moves the end of a refresh token.
  const isRenewed = use === 'refresh';
  const idleFrom = lastUsedAtSeconds ?? createdAtSeconds;
  const isIdle = nowSeconds - idleFrom > UNUSED_DAYS * DAY_SECONDS;
  return [
    ...(scopes.includes('all:any') ? ['all:any'] : []),
    ...(!isRenewed && expiresAtSeconds - createdAtSeconds > LONG_DAYS * DAY_SECONDS
      ? [`valid for over ${LONG_DAYS} days`]
      : []),
    ...(!isRenewed && isInUse(token, nowSeconds) && endsWithin(token, ENDING_DAYS * DAY_SECONDS, nowSeconds)
      ? [`in use, ends within ${ENDING_DAYS} days`]
      : []),
    ...(isIdle ? [lastUsedAtSeconds === undefined ? 'never used' : `unused for ${UNUSED_DAYS} days`] : []),
  ];
}
