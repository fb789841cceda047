import * as z from 'zod';
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

/** A part of a list, and the id after which the next one begins; `undefined` at the end. */
interface Page {
  readonly next: string | undefined;
}

/** Reads the page that is asked for and answers with it. `read` resolves to `undefined` where there is no `after`. */
export async function answerPage<Found extends Page>(
  query: CallInput<never>['query'],
  read: (limit: number, after: string | undefined) => Promise<Found | undefined>,
  answer: (page: Found, next: string | null) => Outcome,
): Promise<Outcome> {
  const limit = query['limit'] === undefined ? DEFAULT_LIMIT : Number(query['limit']);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    return refused('limit', `a whole number from 1 to ${MAX_LIMIT}`);
  }
  const page = await read(limit, query['after'] || undefined);
  return page === undefined
    ? refused('after', 'nothing has this id; take next of the page before')
    : answer(page, page.next ?? null);
}

function refused(field: keyof typeof PAGING, message: string): Outcome {
  return failed('invalid_query', 'the query is not what this call takes', [{ field, message }]);
}
