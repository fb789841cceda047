import type { IncomingHttpHeaders } from 'node:http';

/** The hosts for which browsers keep a Secure cookie without TLS. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Tells whether a form was sent by one of our own pages. A browser names the origin of every POST, and no page can change
 * that (Fetch, section 3.1; Fetch Metadata, section 2). Together with `SameSite=Strict` this makes a CSRF token in the
 * form unnecessary.
 *
 * The browser derives `Sec-Fetch-Site` from the URL that it requested, so it is correct behind a proxy that rewrites
 * `Host` or drops its port. Browsers before 2023 send only `Origin`, which is compared with the host that arrives here. A
 * request with neither is refused.
 *
 * @param host the authority of the request, as it arrives here.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, host: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (site === undefined) return origin !== undefined && isTrustworthy(origin) && isAt(origin, host);
  return site === 'same-origin' && (origin === undefined || isTrustworthy(origin));
}

function isAt(origin: string, host: string): boolean {
  return URL.parse(origin)?.host === host.toLowerCase();
}

/** Accepts plain HTTP only on loopback: behind a gateway we cannot see whether a request came over TLS. */
function isTrustworthy(origin: string): boolean {
  const url = URL.parse(origin);
  if (url === null || url.origin !== origin) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
