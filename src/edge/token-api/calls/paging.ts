import * as z from 'zod';
import type { ListPosition } from '../../../lib/lists.ts';
import { failed } from '../../http/problems.ts';
import { readCursor, writeCursor } from '../../list-cursor.ts';
import type { CallInput, Outcome } from '../call.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/** Documents the query parameters of every call that returns a list in pages. */
export const PAGING = {
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('The number of items on a page'),
  after: z.string().optional().describe('`next` of the previous page'),
};

/** The member that leads to the next page. */
export const next = z.string().nullable().describe('The value of `after` for the next page');

/** One page of a list; `next` is `undefined` on the last one. */
interface Page {
  readonly next: ListPosition | undefined;
}

/** A list that is returned in pages. */
interface PagedList<Found extends Page> {
  read(limit: number, after: ListPosition | undefined): Promise<Found>;
  /** Resolves to the position after the item with this id, or to `undefined` if there is none. */
  find(id: string): Promise<ListPosition | undefined>;
}

/** Reads the requested page and responds with it. `after` may also be an id, which earlier versions returned as `next`. */
export async function answerPage<Found extends Page>(
  query: CallInput<never>['query'],
  list: PagedList<Found>,
  answer: (page: Found, next: string | null) => Outcome,
): Promise<Outcome> {
  const limit = Number(query['limit'] || DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    return refused('limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  const cursor = query['after'] || undefined;
  const after = cursor === undefined ? undefined : (readCursor(cursor) ?? (await list.find(cursor)));
  if (cursor !== undefined && after === undefined) {
    return refused('after', 'must be the value of next from the previous page');
  }
  const page = await list.read(limit, after);
  return answer(page, page.next === undefined ? null : writeCursor(page.next));
}

function refused(field: keyof typeof PAGING, message: string): Outcome {
  return failed('invalid_query', 'the query is not valid', [{ field, message }]);
}
