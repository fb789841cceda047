import type { IncomingHttpHeaders } from 'node:http';

/** Where a Secure cookie is kept without TLS. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a form was sent by one of our own pages. A browser names the origin of whatever it posts, and no page can
 * make it lie (Fetch, section 3.1), so that a form needs no token of its own beside this and `SameSite=Strict`: one
 * would prove nothing more. What names neither `Origin` nor `Sec-Fetch-Site` is no browser of these years, and refused.
 *
 * @param host the authority that the client asked for.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, host: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin === undefined && site === undefined) return false;
  return (site === undefined || site === 'same-origin') && (origin === undefined || isOwn(origin, host));
}

/** Plain HTTP is never ours but on loopback: behind a gateway we cannot see whether a request came by TLS. */
function isOwn(origin: string, host: string): boolean {
  const url = URL.parse(origin);
  if (url === null || url.origin !== origin || url.host !== host.toLowerCase()) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
