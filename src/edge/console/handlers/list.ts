import type { ListPosition } from '../../../lib/lists.ts';
import { canRotate } from '../../../tokens/rotation.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import { readCursor } from '../../list-cursor.ts';
import { findTokens } from '../find-tokens.ts';
import { ownToken } from '../own-token.ts';
import type { Reply, SessionRequest } from '../page-request.ts';
import { noSuchToken } from '../pages/error-page.ts';
import { tokenPage } from '../pages/token.ts';
import { tokensPage } from '../pages/tokens.ts';
import { noticeOf } from '../paths.ts';

const PER_PAGE = 25;
const SOON_DAYS = 7;
const MAX_SOON = 50;

/** Those in use, or all; those that end soon come first, whatever their page. */
export async function listTokens(visit: SessionRequest): Promise<Reply> {
  const { session, query, services, nowSeconds } = visit;
  const { accountId, tokenId: ownId } = session;
  const { tokenViews, accountStore } = services;
  const showsAll = query.get('show') === 'all';
  const after = await placeIn(visit);
  if (after === 'unknown') return noSuchToken();
  const isSoon = (token: TokenView): boolean =>
    canRotate(token) && token.expiresAtSeconds <= nowSeconds + SOON_DAYS * 86_400;
  const alive = { expireAfterSeconds: nowSeconds };
  const wanted = showsAll
    ? { isWanted: () => true }
    : { isWanted: isInUse, filter: { uses: ['access', 'private'], ...alive } as const };
  const soonFilter = { uses: ['private'], ...alive } as const;
  const [page, soon, account] = await Promise.all([
    findTokens(tokenViews, accountId, { ...wanted, limit: PER_PAGE, after }),
    after === undefined
      ? findTokens(tokenViews, accountId, { isWanted: isSoon, filter: soonFilter, limit: MAX_SOON })
      : undefined,
    accountStore.findById(accountId),
  ]);
  const endingSoon = (soon?.tokens ?? []).toSorted((one, other) => one.expiresAtSeconds - other.expiresAtSeconds);
  const isFurther = after !== undefined;
  const accountName = account?.name ?? accountId;
  const endingMore = soon?.next !== undefined;
  const soonDays = SOON_DAYS;
  return tokensPage({ accountName, showsAll, page, endingSoon, endingMore, soonDays, ownId, isFurther, nowSeconds });
}

/** Where the page begins; it may be named by a token too, as links once did. */
async function placeIn({ query, session, services }: SessionRequest): Promise<ListPosition | 'unknown' | undefined> {
  const after = query.get('after') || undefined;
  if (after === undefined) return undefined;
  return readCursor(after) ?? (await services.tokenViews.positionOf(session.accountId, after)) ?? 'unknown';
}

export async function showToken(visit: SessionRequest): Promise<Reply> {
  const token = await ownToken(visit);
  const { session, query, nowSeconds } = visit;
  return token === undefined
    ? noSuchToken()
    : tokenPage({ token, accountId: session.accountId, notice: noticeOf(query), nowSeconds });
}

function isInUse({ use, status }: TokenView): boolean {
  return use !== 'login' && status === 'active';
}
