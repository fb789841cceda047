import type { ListPosition } from '../../lib/lists.ts';
import type { TokenFilter } from '../../tokens/token.ts';
import type { TokenView, TokenViewPage, TokenViews } from '../../tokens/token-views.ts';

const BATCH = 100;
/** How often one page asks the store, for an account with hundreds of thousands of tokens: some seconds at most. */
const MAX_BATCHES = 200;

export interface Search {
  /** What the store itself can tell apart. */
  readonly filter?: TokenFilter | undefined;
  readonly isWanted: (token: TokenView) => boolean;
  /** Tokens a page. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: ListPosition | undefined;
}

/** Some of an account's tokens, the newest first. A page may hold fewer than its limit although there is a next one. */
export async function findTokens(
  views: Pick<TokenViews, 'list'>,
  accountId: string,
  { filter, isWanted, limit, after }: Search,
): Promise<TokenViewPage> {
  const found: TokenView[] = [];
  let batches = 0;
  let next = after;
  do {
    const page = await views.list(accountId, BATCH, next, filter);
    for (const token of page.tokens.filter(isWanted)) {
      if (found.length === limit) return { tokens: found, next: found.at(-1) };
      found.push(token);
    }
    batches += 1;
    next = page.next;
  } while (next !== undefined && batches < MAX_BATCHES);
  return { tokens: found, next };
}
