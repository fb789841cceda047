import { canRotate } from '../../../tokens/private-tokens.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import { findTokens } from '../find-tokens.ts';
import { ownToken } from '../own-token.ts';
import { tokenPage } from '../pages/token.ts';
import { tokensPage } from '../pages/tokens.ts';
import { noSuchToken } from '../pages/trouble.ts';
import { noticeOf } from '../paths.ts';
import type { MemberVisit, Reply } from '../visit.ts';

const PER_PAGE = 25;
const SOON_DAYS = 7;
const MAX_SOON = 20;

/** Those in use, or all; those that end soon come first, whatever their page. */
export async function listTokens({ session, query, services, nowSeconds }: MemberVisit): Promise<Reply> {
  const { accountId, tokenId: ownId } = session;
  const { tokenViews, accountStore } = services;
  const showsAll = query.get('show') === 'all';
  const after = query.get('after') ?? undefined;
  const isSoon = (token: TokenView): boolean =>
    canRotate(token) && token.expiresAtSeconds <= nowSeconds + SOON_DAYS * 86_400;
  const isWanted = showsAll ? () => true : isInUse;
  const [page, soon, account] = await Promise.all([
    findTokens(tokenViews, accountId, { isWanted, limit: PER_PAGE, after }),
    after === undefined ? findTokens(tokenViews, accountId, { isWanted: isSoon, limit: MAX_SOON }) : undefined,
    accountStore.findById(accountId),
  ]);
  if (page === undefined) return noSuchToken();
  const endingSoon = (soon?.tokens ?? []).toSorted((one, other) => one.expiresAtSeconds - other.expiresAtSeconds);
  const isFurther = after !== undefined;
  const accountName = account?.name ?? accountId;
  return tokensPage({ accountName, showsAll, page, endingSoon, soonDays: SOON_DAYS, ownId, isFurther, nowSeconds });
}

export async function showToken(visit: MemberVisit): Promise<Reply> {
  const token = await ownToken(visit);
  const { session, query, nowSeconds } = visit;
  return token === undefined
    ? noSuchToken()
    : tokenPage({ token, accountId: session.accountId, notice: noticeOf(query), nowSeconds });
}

function isInUse({ use, status }: TokenView): boolean {
  return use !== 'login' && status === 'active';
}
