import type { IntrospectionIssuer } from '../../config/config.ts';
import { fetchText } from '../fetch-text.ts';

/** Longest time for one answer, from the connection to its last byte. A decision does not wait so long. */
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 64 * 1024;

/** Where and as whom to ask. */
export type Server = IntrospectionIssuer['introspection'];

/** Asks a server about a token, or about nothing where that is empty; resolves to the text of its answer and rejects as {@link fetchText} does. */
export type Ask = (server: Server, token: string, signal: AbortSignal) => Promise<string>;

/** Asks over HTTP, as RFC 7662, section 2.1, says; the client authenticates by HTTP Basic or in the form. */
export async function ask(server: Server, token: string, signal: AbortSignal): Promise<string> {
  const accept = { accept: 'application/json' };
  const asked = { token, token_type_hint: 'access_token' };
  const { clientId } = server;
  const secret = Buffer.from(server.clientSecret.reveal()).toString('utf8');
  const isPosted = server.clientAuth === 'post';
  const headers = isPosted ? accept : { ...accept, authorization: basicOf(clientId, secret) };
  const body = new URLSearchParams(isPosted ? { ...asked, client_id: clientId, client_secret: secret } : asked);
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
  return (await fetchText(server.url, { method: 'POST', headers, body, ...limits }, signal)).text;
}

/** Both are form-encoded before they are put together (RFC 6749, section 2.3.1 and appendix B). */
function basicOf(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64')}`;
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
