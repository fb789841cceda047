import type { IntrospectionIssuer } from '../../config/issuer-config.ts';
import { fetchText } from '../../remote/fetch-text.ts';

/** From the start of the connection to the last byte of the response. A decision does not wait this long. */
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 64 * 1024;

/** The URL of an introspection endpoint, and our credentials there. */
export type Server = IntrospectionIssuer['introspection'];

/** Asks a server about a token, which may be empty. Resolves to the response body; rejects like {@link fetchText}. */
export type Ask = (server: Server, token: string, signal: AbortSignal) => Promise<string>;

/** Sends an introspection request (RFC 7662, section 2.1). The client authenticates with HTTP Basic or in the form. */
export async function ask(server: Server, token: string, signal: AbortSignal): Promise<string> {
  const accept = { accept: 'application/json' };
  const form = { token, token_type_hint: 'access_token' };
  const { clientId } = server;
  const secret = Buffer.from(server.clientSecret.reveal()).toString('utf8');
  const isPosted = server.clientAuth === 'post';
  const headers = isPosted ? accept : { ...accept, authorization: basicOf(clientId, secret) };
  const body = new URLSearchParams(isPosted ? { ...form, client_id: clientId, client_secret: secret } : form);
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
  return (await fetchText(server.url, { method: 'POST', headers, body, ...limits }, signal)).text;
}

/** Both parts are form-encoded before they are joined (RFC 6749, section 2.3.1 and appendix B). */
function basicOf(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64')}`;
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
