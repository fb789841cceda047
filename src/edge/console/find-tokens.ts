import type { TokenView, TokenViewPage, TokenViews } from '../../tokens/token-views.ts';

const BATCH = 100;
/** How many records one page looks at: an account may have made very many that it does not want to see. */
const MAX_EXAMINED = 1_000;

export interface Search {
  readonly isWanted: (token: TokenView) => boolean;
  /** Tokens a page. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/**
 * Some of an account's tokens, the newest first. A page may hold fewer than its limit although there is a next one;
 * `undefined` where `after` is none of the account's.
 */
export async function findTokens(
  views: Pick<TokenViews, 'list'>,
  accountId: string,
  { isWanted, limit, after }: Search,
): Promise<TokenViewPage | undefined> {
  const found: TokenView[] = [];
  let examined = 0;
  let next = after;
  do {
    const page = await views.list(accountId, BATCH, next);
    if (page === undefined) return undefined;
    for (const token of page.tokens.filter(isWanted)) {
      if (found.length === limit) return { tokens: found, next: found.at(-1)?.id };
      found.push(token);
    }
    examined += page.tokens.length;
    next = page.next;
  } while (next !== undefined && examined < MAX_EXAMINED);
  return { tokens: found, next };
}
