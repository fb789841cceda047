import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The `WWW-Authenticate` fields, in order. */
  readonly challenges: readonly string[];
  readonly body: string;
}

export interface HttpRequest {
  readonly port: number;
  readonly method: string;
  /** Sent unchanged, unlike by `fetch`. */
  readonly path: string;
  /** One entry for each field; names may repeat. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
  /** The connections that it may reuse; by default it opens a new one. */
  readonly agent?: Agent;
}

/** Sends one request. */
export async function sendRequest({
  port,
  method,
  path,
  headers,
  body = '',
  agent,
}: HttpRequest): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  const hasHost = headers.some(([name]) => name.toLowerCase() === 'host');
  const fields = [...(hasHost ? [] : [['Host', `127.0.0.1:${port}`] as const]), ...headers];
  const length = body === '' ? [] : ['Content-Length', String(Buffer.byteLength(body))];
  const options = {
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: [...fields.flat(), ...length],
    agent: agent ?? false,
  };
  const sent = request(options, (response) => {
    const challenges = response.headersDistinct['www-authenticate'] ?? [];
    const { statusCode: status = 0, headers: received } = response;
    text(response).then((read) => resolve({ status, headers: received, challenges, body: read }), reject);
  });
  sent.once('error', reject).end(body);
  return promise;
}

/** Sends one request with this `Authorization` value and a JSON body. */
export function call(
  port: number,
  method: string,
  path: string,
  authorization?: string,
  body?: object,
): Promise<HttpResponse> {
  const headers = [
    ...(authorization === undefined ? [] : [['Authorization', authorization] as const]),
    ...(body === undefined ? [] : [['Content-Type', 'application/json'] as const]),
  ];
  return sendRequest({ port, method, path, headers, body: body === undefined ? '' : JSON.stringify(body) });
}

/** Returns the `Authorization` value of a name and its password (RFC 7617). */
export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
