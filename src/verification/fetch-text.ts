import type { AnswerFlaw } from '../core/check.ts';
import { flawText } from '../core/check-text.ts';
import { decodeUtf8 } from '../lib/utf8.ts';

/** A request, and how much may be spent on its answer. */
export interface TextRequest extends Pick<RequestInit, 'method' | 'body'> {
  readonly headers: Readonly<Record<string, string>>;
  /** Longest time from the connection to the answer's last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface FetchedText {
  readonly text: string;
  readonly headers: Headers;
}

/** The server answered, but not with what it was asked for. */
export class UnexpectedAnswer extends Error {
  readonly flaw: AnswerFlaw;

  constructor(flaw: AnswerFlaw) {
    super(flawText(flaw));
    this.flaw = flaw;
  }
}

/** The server answered with a status that is none of 200 to 299. */
export class UnexpectedStatus extends UnexpectedAnswer {
  readonly status: number;

  constructor(status: number) {
    super({ kind: 'status', status });
    this.status = status;
  }
}

/**
 * Fetches text over HTTP: no redirects, the authorities that Node trusts (`NODE_EXTRA_CA_CERTS`). Rejects with an
 * {@link UnexpectedAnswer} for an answer that is none of 200 to 299 or too long, and with another error where there is
 * none within the time, or once `signal` aborts. No error holds the URL, or anything of request and answer.
 */
export async function fetchText(url: URL, request: TextRequest, signal: AbortSignal): Promise<FetchedText> {
  const { timeoutMs, maxBytes, ...init } = request;
  const ending = new AbortController();
  const late = new Error(`it did not answer in full within ${timeoutMs} ms`);
  const timer = setTimeout(() => ending.abort(late), timeoutMs);
  try {
    const response = await fetch(url, {
      ...init,
      // A redirect is an answer, and not one that is asked for.
      redirect: 'manual',
      signal: AbortSignal.any([signal, ending.signal]),
    });
    if (!response.ok || response.body === null) throw new UnexpectedStatus(response.status);
    // The body of a fetch is bytes; the types leave it open.
    const text = await readLimited(response.body as AsyncIterable<Uint8Array>, maxBytes);
    return { text, headers: response.headers };
  } finally {
    clearTimeout(timer);
    // Lets go of a connection whose answer was not read to its end.
    ending.abort();
  }
}

async function readLimited(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new UnexpectedAnswer({ kind: 'length', maxBytes });
    chunks.push(chunk);
  }
  const text = decodeUtf8(Buffer.concat(chunks));
  if (text === undefined) throw new Error('its answer is not UTF-8 text');
  return text.replace(/^\uFEFF/, '');
}
