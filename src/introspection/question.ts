import type { IntrospectionIssuer } from '../config/config.ts';
import { fetchText, UnexpectedStatus } from '../jwt/fetch-text.ts';

/** Longest time for one answer, from the connection to its last byte. A decision does not wait so long. */
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 64 * 1024;

/** Where and as whom to ask. */
export type Server = IntrospectionIssuer['introspection'];

/** Asks a server about a token; resolves to the text of its answer and rejects as {@link fetchText} does. */
export type Ask = (server: Server, token: string, signal: AbortSignal) => Promise<string>;

/** Asks over HTTP, as RFC 7662, section 2.1, says; the client authenticates by HTTP Basic. */
export async function ask(server: Server, token: string, signal: AbortSignal): Promise<string> {
  const body = new URLSearchParams({ token, token_type_hint: 'access_token' });
  const headers = { accept: 'application/json', authorization: authorizationOf(server) };
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
  try {
    return (await fetchText(server.url, { method: 'POST', headers, body, ...limits }, signal)).text;
  } catch (cause) {
    const isRefusal = cause instanceof UnexpectedStatus && (cause.status === 401 || cause.status === 403);
    throw isRefusal ? new Error('it does not take clientId with clientSecret for this', { cause }) : cause;
  }
}

/** Both are form-encoded before they are put together (RFC 6749, section 2.3.1 and appendix B). */
function authorizationOf({ clientId, clientSecret }: Server): string {
  const secret = Buffer.from(clientSecret.reveal()).toString('utf8');
  return `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64')}`;
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
