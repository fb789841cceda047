import { EXPLAIN } from './routes.ts';

/** The pages of this door. `explain` is a call. */
export type Page = 'metrics' | 'live' | 'ready' | 'explain';

/** A request that gets no page, and the methods that would. */
export interface NotAllowed {
  readonly allow: string;
}

const PAGES: ReadonlyMap<string, Page> = new Map([
  ['/metrics', 'metrics'],
  ['/livez', 'live'],
  ['/readyz', 'ready'],
  [EXPLAIN, 'explain'],
]);

/** The page that a request asks for, or why it gets none. Ignores the query. */
export function decodePage(method: string, target: string): Page | 'not_found' | NotAllowed {
  const page = PAGES.get(target.split('?', 1)[0] ?? '');
  if (page === undefined) return 'not_found';
  const methods = page === 'explain' ? ['POST'] : ['GET', 'HEAD'];
  return methods.includes(method) ? page : { allow: methods.join(', ') };
}
