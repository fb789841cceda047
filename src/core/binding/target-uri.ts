import { decodePath, encodePath, readPath } from '../path.ts';
import { readHostName } from '../route.ts';

/** An http or https URI without its query and fragment, in the normal form of RFC 3986, section 6.2. */
export interface TargetUri {
  /** `https://api.example.com`: lower case, without a default port. */
  readonly origin: string;
  readonly path: string;
}

const URI = /^(https?):\/\/([^/?#]+)([^?#]*)/i;
const PORT = /:([0-9]*)$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Reads the URI of a proof (`htu`: RFC 9449, section 4.2). It has its own reader, because the request's path is read by
 * `readPath` too: a path that is refused in a request fits none, and an URL parser would repair it.
 */
export function readTargetUri(written: string): TargetUri | undefined {
  const [, scheme = '', authority = '', rest = ''] = URI.exec(written) ?? [];
  const origin = readOrigin(scheme.toLowerCase(), authority);
  const path = rest === '' ? '/' : readPath(rest);
  return origin === undefined || path === undefined ? undefined : { origin, path: canonicalPath(path) };
}

/** The origin of a scheme and an authority; `undefined` if that is no host with an optional port. */
export function readOrigin(scheme: string, authority: string): string | undefined {
  const host = readHostName(authority);
  if (host === undefined || host === '') return undefined;
  const port = Number(PORT.exec(authority)?.[1] || DEFAULT_PORTS[scheme]);
  if (!Number.isInteger(port) || port > 65_535) return undefined;
  return port === DEFAULT_PORTS[scheme] ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}

/** The one spelling of a path that `readPath` returned: visible ASCII but `%` decoded, all else in upper-case hex, as rules match. */
export function canonicalPath(path: string): string {
  return path.includes('%') ? encodePath(decodePath(path) ?? path) : path;
}
