import * as z from 'zod';
import type { ListPosition } from '../../../lib/lists.ts';
import { readCursor, writeCursor } from '../../list-cursor.ts';
import type { CallInput, Outcome } from '../call.ts';
import { failed } from '../call.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/** For the documentation: what every call that answers a list in pages looks at. */
export const PAGING = {
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('How many a page'),
  after: z.string().optional().describe('`next` of the page before'),
};

/** What the answer of such a call says of the page after it. */
export const next = z.string().nullable().describe('`after` of the next page');

/** A part of a list; `next` is `undefined` at the end. */
interface Page {
  readonly next: ListPosition | undefined;
}

/** A list that is answered in pages. */
interface PagedList<Found extends Page> {
  read(limit: number, after: ListPosition | undefined): Promise<Found>;
  /** The place behind what has this id; `undefined` where nothing has. */
  find(id: string): Promise<ListPosition | undefined>;
}

/** Reads the page that is asked for and answers with it. `after` may be an id, too: clients kept those once. */
export async function answerPage<Found extends Page>(
  query: CallInput<never>['query'],
  list: PagedList<Found>,
  answer: (page: Found, next: string | null) => Outcome,
): Promise<Outcome> {
  const limit = Number(query['limit'] || DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    return refused('limit', `a whole number from 1 to ${MAX_LIMIT}`);
  }
  const asked = query['after'] || undefined;
  const after = asked === undefined ? undefined : (readCursor(asked) ?? (await list.find(asked)));
  if (asked !== undefined && after === undefined) {
    return refused('after', 'nothing has this id; take next of the page before');
  }
  const page = await list.read(limit, after);
  return answer(page, page.next === undefined ? null : writeCursor(page.next));
}

function refused(field: keyof typeof PAGING, message: string): Outcome {
  return failed('invalid_query', 'the query is not what this call takes', [{ field, message }]);
}
