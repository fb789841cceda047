import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Certificate } from '../certificates.ts';
import type { HttpRequest, HttpResponse } from '../servers/http-client.ts';

/** Sends one request over TLS, with a client certificate if there is one. Accepts every certificate of the server. */
export async function sendSecurely(
  { port, method, path, headers, body = '' }: HttpRequest,
  client?: Certificate,
): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  const length = body === '' ? [] : ['Content-Length', String(Buffer.byteLength(body))];
  const options = {
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: ['Host', `127.0.0.1:${port}`, ...headers.flat(), ...length],
    agent: false,
    rejectUnauthorized: false,
    ...client,
  } as const;
  const sent = request(options, (response) => {
    const challenges = response.headersDistinct['www-authenticate'] ?? [];
    const { statusCode: status = 0, headers: received } = response;
    text(response).then((read) => resolve({ status, headers: received, challenges, body: read }), reject);
  });
  sent.once('error', reject).end(body);
  return promise;
}
