import type { ListPosition } from '../lib/lists.ts';

interface Page<Token> {
  readonly tokens: readonly Token[];
  readonly next: ListPosition | undefined;
}

const PAGE = 100;

/** Reads all tokens of an account, newest first, page by page. */
export async function* everyToken<Token>(
  tokens: { list(accountId: string, limit: number, after?: ListPosition): Promise<Page<Token>> },
  accountId: string,
): AsyncIterable<Token> {
  let after: ListPosition | undefined;
  do {
    const page = await tokens.list(accountId, PAGE, after);
    yield* page.tokens;
    after = page.next;
  } while (after !== undefined);
}
