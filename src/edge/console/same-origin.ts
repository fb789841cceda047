import type { IncomingHttpHeaders } from 'node:http';

/** Where a Secure cookie is kept without TLS. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a form was sent by one of our own pages. A browser says of whatever it posts where that comes from, and no
 * page can make it lie (Fetch, section 3.1; Fetch Metadata, section 2), so that a form needs no token of its own beside
 * this and `SameSite=Strict`: one would prove nothing more.
 *
 * `Sec-Fetch-Site` compares what the browser itself asked for with where it was asked, and so it is right behind a proxy
 * that rewrites `Host` or drops its port. Browsers before 2023 send `Origin` alone, which is compared with the host that
 * we see. What names neither is no browser of these years, and refused.
 *
 * @param host the authority that the client asked for, as far as it arrives here.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, host: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (site === undefined) return origin !== undefined && isTrustworthy(origin) && isAt(origin, host);
  return site === 'same-origin' && (origin === undefined || isTrustworthy(origin));
}

function isAt(origin: string, host: string): boolean {
  return URL.parse(origin)?.host === host.toLowerCase();
}

/** Plain HTTP is never ours but on loopback: behind a gateway we cannot see whether a request came by TLS. */
function isTrustworthy(origin: string): boolean {
  const url = URL.parse(origin);
  if (url === null || url.origin !== origin) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
