/** The static table, from index 1: a name and, after a space, its value. RFC 7541, appendix A. */
const ENTRIES =
  ':authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|' +
  ':status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|' +
  'accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|' +
  'content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|' +
  'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|' +
  'last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|' +
  'server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate';

/** The first index of the dynamic table. RFC 7541, section 2.3.3. */
export const FIRST_DYNAMIC_INDEX = 62;

/** An entry of the static table; the value is empty if it has only a name. */
export interface StaticEntry {
  readonly name: string;
  readonly value: string;
}

let entries: readonly StaticEntry[] | undefined;

/** Returns the entries; that of index 1 is the first. */
export function staticTable(): readonly StaticEntry[] {
  entries ??= ENTRIES.split('|').map((entry) => {
    const [, name = '', value = ''] = /^(\S+) ?(.*)$/.exec(entry) ?? [];
    return { name, value };
  });
  return entries;
}
