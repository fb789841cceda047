import type { KeyServerAccess } from '../../config/issuer-config.ts';
import { fetchText } from '../../remote/fetch-text.ts';
import { openAccess } from '../../remote/server-access.ts';
import { withAdvice } from './access-advice.ts';

/** From the start of the connection to the last byte of the document. */
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 512 * 1024;

/** A document that an issuer publishes. */
export interface FetchedDocument {
  readonly text: string;
  /** `max-age` of `Cache-Control` (RFC 9111, section 5.2.2.1); `undefined` if absent. */
  readonly maxAgeMs: number | undefined;
}

/** Fetches a document that an issuer publishes. Rejects like {@link fetchText}, or if access is not possible. */
export type FetchDocument = (url: URL, signal: AbortSignal, access?: KeyServerAccess) => Promise<FetchedDocument>;

/** Fetches over HTTP, within 5 seconds and 512 KiB. Without `access`, it sends no credentials. */
export async function fetchDocument(url: URL, signal: AbortSignal, access?: KeyServerAccess): Promise<FetchedDocument> {
  const { headers: added, ca } = await openAccess(access, url, signal);
  const headers = { accept: 'application/jwk-set+json, application/json', ...added };
  try {
    const fetched = await fetchText(url, { headers, ca, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }, signal);
    return { text: fetched.text, maxAgeMs: readMaxAge(fetched.headers.get('cache-control')) };
  } catch (error) {
    throw withAdvice(error, access);
  }
}

function readMaxAge(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
