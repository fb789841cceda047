/** The pages of this door, and why a request gets none. */
export type Page = 'metrics' | 'live' | 'ready';

const PAGES: ReadonlyMap<string, Page> = new Map([
  ['/metrics', 'metrics'],
  ['/livez', 'live'],
  ['/readyz', 'ready'],
]);

/** The page that a request asks for, or why it gets none. Ignores the query. */
export function decodePage(method: string, target: string): Page | 'not_found' | 'method_not_allowed' {
  const page = PAGES.get(target.split('?', 1)[0] ?? '');
  if (page === undefined) return 'not_found';
  return method === 'GET' || method === 'HEAD' ? page : 'method_not_allowed';
}
