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

/** Lists the tokens in use, or all tokens. The first page begins with those that expire soon. */
export async function listTokens(visit: SessionRequest): Promise<Reply> {
  const { session, query, services, nowSeconds } = visit;
  const { accountId, tokenId: sessionTokenId } = session;
  const { tokenViews, accountStore } = services;
  const showsAll = query.get('show') === 'all';
  const after = await positionIn(visit);
  if (after === 'unknown') return noSuchToken();
  const isSoon = (token: TokenView): boolean =>
    canRotate(token) && token.expiresAtSeconds <= nowSeconds + SOON_DAYS * 86_400;
  const unexpired = { expireAfterSeconds: nowSeconds };
  const search = showsAll
    ? { matches: () => true }
    : { matches: isInUse, filter: { uses: ['access', 'private', 'refresh'], ...unexpired } as const };
  const soonFilter = { uses: ['private'], ...unexpired } as const;
  const [page, soon, account] = await Promise.all([
    findTokens(tokenViews, accountId, { ...search, limit: PER_PAGE, after }),
    after === undefined
      ? findTokens(tokenViews, accountId, { matches: isSoon, filter: soonFilter, limit: MAX_SOON })
      : undefined,
    accountStore.findById(accountId),
  ]);
  return tokensPage({
    accountName: account?.name ?? accountId,
    showsAll,
    page,
    expiringSoon: (soon?.tokens ?? []).toSorted((one, other) => one.expiresAtSeconds - other.expiresAtSeconds),
    mayMoreExpire: soon?.next !== undefined,
    soonDays: SOON_DAYS,
    sessionTokenId,
    isLaterPage: after !== undefined,
    nowSeconds,
  });
}

/** Resolves to the position where the page begins. Links of earlier versions name it by a token's id. */
async function positionIn({ query, session, services }: SessionRequest): Promise<ListPosition | 'unknown' | undefined> {
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
