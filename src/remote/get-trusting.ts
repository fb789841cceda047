import { get } from 'node:https';
import { agentFor } from './proxy.ts';

/** The part of a `Response` that {@link getTrusting} resolves to. */
export interface TrustedResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  /** Rejects if the connection ends before the response does. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Sends a GET over https to a server whose certificate one of these CAs has signed, and no other: `fetch` has no such
 * option. Follows no redirects. Each request has a connection of its own, so that a former CA is never trusted longer.
 * Sends nothing before the certificate is verified.
 *
 * @param ca certificates in PEM.
 */
export function getTrusting(
  ca: string,
  url: URL,
  { headers, signal }: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<TrustedResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<TrustedResponse>();
  // Against NODE_TLS_REJECT_UNAUTHORIZED=0.
  const request = get(url, { ca, headers, signal, agent: agentFor(url), rejectUnauthorized: true });
  request.once('response', (response) => {
    const { statusCode: status = 0, headersDistinct } = response;
    const fields = Object.entries(headersDistinct).map(([name, values = []]): [string, string] => [
      name,
      values.join(),
    ]);
    resolve({ ok: status >= 200 && status < 300, status, headers: new Headers(fields), body: response });
  });
  request.on('error', reject);
  return promise;
}
