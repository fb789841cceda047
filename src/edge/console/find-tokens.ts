import type { ListPosition } from '../../lib/lists.ts';
import type { TokenFilter } from '../../tokens/token.ts';
import type { TokenView, TokenViewPage, TokenViews } from '../../tokens/token-views.ts';

const BATCH = 100;
/** Reads from the store for one page. For an account with hundreds of thousands of tokens they take some seconds. */
const MAX_BATCHES = 200;

export interface Search {
  /** The part of the search that the store itself can do. */
  readonly filter?: TokenFilter | undefined;
  readonly matches: (token: TokenView) => boolean;
  /** The number of tokens on a page. */
  readonly limit: number;
  /** `next` of the previous page. */
  readonly after?: ListPosition | undefined;
}

/** Returns a page of an account's matching tokens, the newest first. It may be short although there is a next page. */
export async function findTokens(
  views: Pick<TokenViews, 'list'>,
  accountId: string,
  { filter, matches, limit, after }: Search,
): Promise<TokenViewPage> {
  const found: TokenView[] = [];
  let batches = 0;
  let next = after;
  do {
    const page = await views.list(accountId, BATCH, next, filter);
    for (const token of page.tokens.filter(matches)) {
      if (found.length === limit) return { tokens: found, next: found.at(-1) };
      found.push(token);
    }
    batches += 1;
    next = page.next;
  } while (next !== undefined && batches < MAX_BATCHES);
  return { tokens: found, next };
}
