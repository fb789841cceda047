import { fetchText } from '../fetch-text.ts';

/** Longest time for one document, from the connection to its last byte. */
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 512 * 1024;

/** What an issuer published at a URL. */
export interface FetchedDocument {
  readonly text: string;
  /** `max-age` of `Cache-Control` (RFC 9111, section 5.2.2.1), as far as it was said. */
  readonly maxAgeMs: number | undefined;
}

/** Fetches what an issuer publishes. Rejects as {@link fetchText} does. */
export type FetchDocument = (url: URL, signal: AbortSignal) => Promise<FetchedDocument>;

/** Over HTTP: 512 KiB and 5 seconds at most. */
export async function fetchDocument(url: URL, signal: AbortSignal): Promise<FetchedDocument> {
  const headers = { accept: 'application/jwk-set+json, application/json' };
  const fetched = await fetchText(url, { headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }, signal);
  return { text: fetched.text, maxAgeMs: readMaxAge(fetched.headers.get('cache-control')) };
}

function readMaxAge(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
