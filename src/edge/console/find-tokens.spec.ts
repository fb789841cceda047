import { describe, expect, it } from 'vitest';
import type { ListPosition } from '../../lib/lists.ts';
import type { TokenView, TokenViewPage, TokenViews } from '../../tokens/token-views.ts';
import { findTokens } from './find-tokens.ts';

/** An account whose tokens are numbered, the newest first. Counts the tokens that were examined. */
class NumberedTokens {
  examined = 0;
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  async list(_accountId: string, limit: number, after?: ListPosition): Promise<TokenViewPage> {
    const first = after === undefined ? 0 : Number(after.id) + 1;
    const end = Math.min(first + limit, this.count);
    const tokens = Array.from({ length: end - first }, (_, index) => numbered(first + index));
    this.examined += tokens.length;
    return { tokens, next: end < this.count ? numbered(end - 1) : undefined };
  }
}

// The search itself reads no member of a token.
const numbered = (number: number): TokenView => ({ id: String(number) }) as TokenView;
const every = (step: number) => (token: TokenView) => Number(token.id) % step === 0;

async function pages(count: number, step: number, limit: number): Promise<string[][]> {
  const found: string[][] = [];
  let after: ListPosition | undefined;
  do {
    const page = await findTokens(new NumberedTokens(count), 'a', { matches: every(step), limit, after });
    found.push(page.tokens.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return found;
}

describe('findTokens()', () => {
  it('returns the matching tokens page by page, without a gap or a repetition', async () => {
    expect(await pages(10, 3, 2)).toEqual([
      ['0', '3'],
      ['6', '9'],
    ]);
    expect((await pages(999, 7, 25)).flat()).toEqual(Array.from({ length: 143 }, (_, index) => String(index * 7)));
  });

  it('returns no next page if no further token matches', async () => {
    expect(await pages(5, 1, 5)).toEqual([['0', '1', '2', '3', '4']]);
    expect(await pages(0, 1, 5)).toEqual([[]]);
  });

  it('finds a token after thousands that do not match', async () => {
    const page = await findTokens(new NumberedTokens(5_001), 'a', { matches: ({ id }) => id === '5000', limit: 5 });
    expect([page.tokens.map(({ id }) => id), page.next]).toEqual([['5000'], undefined]);
  });

  it('examines 20,000 tokens for a page, and the next page continues from there', async () => {
    const tokens = new NumberedTokens(50_000);
    const page = await findTokens(tokens, 'a', { matches: every(40_000), limit: 5 });
    expect([page.tokens.map(({ id }) => id), page.next?.id, tokens.examined]).toEqual([['0'], '19999', 20_000]);
    expect((await pages(50_000, 40_000, 5)).flat()).toEqual(['0', '40000']);
  });

  it('passes the filter to the store', async () => {
    const filters: unknown[] = [];
    const filter = { uses: ['private'], expireAfterSeconds: 5 } as const;
    const list = async (...[, , , given]: Parameters<TokenViews['list']>): Promise<TokenViewPage> => {
      filters.push(given);
      return { tokens: [], next: undefined };
    };
    await findTokens({ list }, 'a', { matches: () => true, limit: 5, filter });
    expect(filters).toEqual([filter]);
  });
});
