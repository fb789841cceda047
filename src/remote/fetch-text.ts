import type { Agent } from 'node:https';
import type { AnswerFlaw } from '../core/check.ts';
import { flawText } from '../core/check-text.ts';
import { decodeUtf8 } from '../lib/utf8.ts';
import { keepLoopbackDirect } from './proxy.ts';
import { sendTrusting } from './send-trusting.ts';

/** A request and the limits on its response. */
export interface TextRequest extends Pick<RequestInit, 'method' | 'body'> {
  readonly headers: Readonly<Record<string, string>>;
  /** From the start of the connection to the last byte of the response. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /**
   * The only CAs that may sign the server's certificate, in PEM; those that Node trusts by default. Such a request is
   * sent over https, and its body is a string.
   */
  readonly ca?: string | undefined;
  /** Keeps the connections of requests with `ca`; by default, each has a connection of its own. */
  readonly agent?: Agent | undefined;
}

export interface FetchedText {
  /** From 200 to 299. */
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** The server responded, but not with the requested document. */
export class UnexpectedAnswer extends Error {
  readonly flaw: AnswerFlaw;

  constructor(flaw: AnswerFlaw, options?: ErrorOptions) {
    super(flawText(flaw), options);
    this.flaw = flaw;
  }
}

/** The server responded with a status outside 200 to 299. */
export class UnexpectedStatus extends UnexpectedAnswer {
  readonly status: number;

  constructor(status: number, options?: ErrorOptions) {
    super({ kind: 'status', status }, options);
    this.status = status;
  }
}

/**
 * Fetches text over HTTP. Follows no redirects. Without `ca` it trusts the CAs that Node trusts (`NODE_EXTRA_CA_CERTS`).
 * Uses the proxies of the environment if Node does, except to this machine.
 * Rejects with an {@link UnexpectedAnswer} if the status is outside 200 to 299 or the response is too long. Rejects with
 * another error if the connection fails, the response is late or not UTF-8, or `signal` aborts. No error contains the
 * URL or any part of the request or the response.
 */
export async function fetchText(url: URL, request: TextRequest, signal: AbortSignal): Promise<FetchedText> {
  const { timeoutMs, maxBytes, ca, agent, ...init } = request;
  const abort = new AbortController();
  const late = new Error(`it did not answer in full within ${timeoutMs} ms`);
  const timer = setTimeout(() => abort.abort(late), timeoutMs);
  const ended = AbortSignal.any([signal, abort.signal]);
  try {
    keepLoopbackDirect(url);
    // A redirect then counts as an unexpected status.
    const sent = { ...init, redirect: 'manual', signal: ended } as const;
    const response = await (ca === undefined ? fetch(url, sent) : sendTrusting(ca, url, { ...sent, agent }));
    if (!response.ok || response.body === null) throw new UnexpectedStatus(response.status);
    // The body of a fetch is bytes, but its type does not say so.
    const text = await readLimited(response.body as AsyncIterable<Uint8Array>, maxBytes);
    return { status: response.status, text, headers: response.headers };
  } catch (error) {
    ended.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    // Releases the connection if the response was not read to its end.
    abort.abort();
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
