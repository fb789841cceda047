import type { Agent } from 'node:https';
import { https } from '../lib/node-tls.ts';
import { agentFor } from './proxy.ts';

/** The part of a `Response` that {@link sendTrusting} resolves to. */
export interface TrustedResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  /** Rejects if the connection ends before the response does. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What {@link sendTrusting} sends: a GET by default. */
export interface TrustedRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Only a string. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** Keeps connections, apart for each CA. By default each request has its own, so that a former CA is trusted no longer. */
  readonly agent?: Agent | undefined;
}

/**
 * Sends a request over https to a server whose certificate one of these CAs has signed, and no other: `fetch` has no such
 * option. Follows no redirects. Sends nothing before the certificate is verified.
 *
 * @param ca certificates in PEM.
 */
export function sendTrusting(
  ca: string,
  url: URL,
  { method = 'GET', headers, body, signal, agent }: TrustedRequest,
): Promise<TrustedResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<TrustedResponse>();
  // Against NODE_TLS_REJECT_UNAUTHORIZED=0.
  const options = { method, ca, headers, signal, agent: agent ?? agentFor(url), rejectUnauthorized: true };
  const request = https().request(url, options);
  request.once('response', (response) => {
    const { statusCode: status = 0, headersDistinct } = response;
    const fields = Object.entries(headersDistinct).map(([name, values = []]): [string, string] => [
      name,
      values.join(),
    ]);
    resolve({ ok: status >= 200 && status < 300, status, headers: new Headers(fields), body: response });
  });
  request.on('error', reject);
  request.end(typeof body === 'string' ? body : undefined);
  return promise;
}
