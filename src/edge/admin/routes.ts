import { callerRoute } from '../caller-route.ts';

export const EXPLAIN = '/explain';

/** The rule by which the callers of `POST /explain` are admitted: the answer says what a token holds. */
export const EXPLAIN_ROUTE = callerRoute(EXPLAIN, 'access:introspect');
