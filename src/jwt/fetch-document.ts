/** Longest time for one document, from the connection to its last byte. */
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 512 * 1024;

/** What an issuer published at a URL. */
export interface FetchedDocument {
  readonly text: string;
  /** `max-age` of `Cache-Control` (RFC 9111, section 5.2.2.1), as far as it was said. */
  readonly maxAgeMs: number | undefined;
}

/**
 * Fetches what an issuer publishes. Rejects with an {@link UnexpectedStatus} for an answer that is none of 200 to 299,
 * and with another error where there is no whole answer, or once `signal` aborts. No error holds the URL.
 */
export type FetchDocument = (url: URL, signal: AbortSignal) => Promise<FetchedDocument>;

/** The server answered, but not with the document. */
export class UnexpectedStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`it answered ${status}`);
    this.status = status;
  }
}

/** Over HTTP: no redirects, 512 KiB and 5 seconds at most, the authorities that Node trusts (`NODE_EXTRA_CA_CERTS`). */
export async function fetchDocument(url: URL, signal: AbortSignal): Promise<FetchedDocument> {
  const ending = new AbortController();
  const late = new Error(`it did not answer in full within ${TIMEOUT_MS} ms`);
  const timer = setTimeout(() => ending.abort(late), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      redirect: 'error',
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.any([signal, ending.signal]),
    });
    if (!response.ok || response.body === null) throw new UnexpectedStatus(response.status);
    // The body of a fetch is bytes; the types leave it open.
    const text = await readLimited(response.body as AsyncIterable<Uint8Array>);
    return { text, maxAgeMs: readMaxAge(response.headers.get('cache-control')) };
  } finally {
    clearTimeout(timer);
    // Lets go of a connection whose answer was not read to its end.
    ending.abort();
  }
}

async function readLimited(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`it sent over ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function readMaxAge(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** A document that must be a JSON object. The error quotes nothing of it: it may hold anything. */
export function readObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it answered no JSON');
  }
  if (!isObject(value)) throw new Error('it answered no JSON object');
  return value;
}

/** Whether a value is a map of JSON. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
